/**
 * Memory kept for reuse, which every backend that holds memory shares: the allocator, the blocks that it lends, and the system
 * that it takes them from. Nothing here knows a device.
 */
package dev.tandem.backend.pool;
