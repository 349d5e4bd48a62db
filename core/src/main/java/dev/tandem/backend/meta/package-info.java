/**
 * A backend that computes nothing: its storages have a shape and no memory. Networks run on it in milliseconds to learn their
 * output shapes, their multiply-adds and how much memory they would take. No real device may depend on it.
 */
package dev.tandem.backend.meta;
