/** Tests that play a program outside of Tandem. */
package example;
