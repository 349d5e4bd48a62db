package dev.tandem.cpu;

import dev.tandem.backend.Storage;
import dev.tandem.tensor.Shape;

/**
 * Brings operands of different shapes into one order, so that along a row of the result each of them lies dense or stands
 * still.
 */
final class Broadcast {
    private Broadcast() {}

    /** Channels last if an operand of the result's whole shape lies so. */
    static Order order(Shape shape, Storage... operands) {
        for (Storage operand : operands) {
            CpuStorage storage = (CpuStorage) operand;
            if (!storage.isAlsoPlain() && storage.shape().equals(shape)) {
                return Order.CHANNELS_LAST;
            }
        }
        return Order.PLAIN;
    }

    /** The operand in the result's order, with one more reference or as a copy. Release it after use. */
    static CpuStorage operand(CpuRuntime runtime, Storage storage, Order order) {
        CpuStorage operand = (CpuStorage) storage;
        if (operand.shape().rank() == 4) {
            return runtime.in(order, operand);
        }
        if (operand.shape().rank() == 3 && order == Order.CHANNELS_LAST) {
            long[] sizes = operand.shape().toArray();
            CpuStorage image = operand.view(0, Shape.of(1, sizes[0], sizes[1], sizes[2]));
            CpuStorage result = runtime.in(order, image);
            image.release();
            return result;
        }
        return runtime.plain(operand);
    }

    /** A loop along the result, which is array 0, and the operands. */
    static Loop loop(CpuStorage result, CpuStorage... operands) {
        long[][] strides = new long[operands.length + 1][];
        strides[0] = result.strides();
        for (int i = 0; i < operands.length; i++) {
            strides[i + 1] = Expand.strides(operands[i], result.shape());
        }
        return Loop.of(result.shape().toArray(), strides);
    }
}
