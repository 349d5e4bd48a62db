package dev.tandem.backend.meta;

import dev.tandem.backend.Storage;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;

/** A shape and a type. Views share a block, so that the bytes a device would hold are counted once. */
final class MetaStorage extends Storage {
    /** Memory that a device would have handed out. */
    static final class Block {
        final long bytes;
        int storages;

        Block(long bytes) {
            this.bytes = bytes;
        }
    }

    private final MetaMemory memory;
    final Block block;

    MetaStorage(MetaMemory memory, Shape shape, DType dtype, Block block) {
        super(shape, dtype);
        this.memory = memory;
        this.block = block;
        block.storages++;
    }

    /** On the memory of another. */
    MetaStorage(MetaStorage sharing, Shape shape) {
        super(sharing, shape);
        memory = sharing.memory;
        block = sharing.block;
        block.storages++;
    }

    @Override
    protected boolean ownsMemoryAlone() {
        return block.storages == 1;
    }

    @Override
    protected void free() {
        if (--block.storages == 0) {
            memory.freed(block);
        }
    }
}
