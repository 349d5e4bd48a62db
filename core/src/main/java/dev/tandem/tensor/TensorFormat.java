package dev.tandem.tensor;

import java.util.Locale;

/** Writes a tensor for people: a line that says what it is, then its elements, the middle of long axes left out. */
final class TensorFormat {
    private static final int EDGE = 3; // elements shown at each end of an axis of more than twice as many

    private final Shape shape;
    private final String[] texts;
    private final long[] strides;
    private int width;

    private TensorFormat(Tensor tensor) {
        shape = tensor.shape();
        strides = shape.strides();
        texts = new String[Math.toIntExact(shape.elements())];
        if (tensor.dtype().isFloating()) {
            float[] values = tensor.toFloatArray();
            for (int i = 0; i < texts.length; i++) {
                texts[i] = number(values[i]);
            }
        } else {
            long[] values = tensor.toLongArray();
            for (int i = 0; i < texts.length; i++) {
                texts[i] = Long.toString(values[i]);
            }
        }
        for (String text : texts) {
            width = Math.max(width, text.length());
        }
    }

    static String format(Tensor tensor) {
        String head = "Tensor " + tensor.shape() + " " + tensor.dtype().name().toLowerCase(Locale.ROOT) + " on "
                + tensor.device();
        if (tensor.elements() == 0) {
            return head + ": []";
        }
        StringBuilder out = new StringBuilder(head).append(tensor.rank() == 0 ? ": " : "\n");
        new TensorFormat(tensor).write(out, 0, 0);
        return out.toString();
    }

    private static String number(float value) {
        return value == Math.rint(value) && Math.abs(value) < 1e6f
                ? Long.toString((long) value) + "."
                : String.format(java.util.Locale.ROOT, "%.4g", value);
    }

    private void write(StringBuilder out, int axis, long offset) {
        if (axis == shape.rank()) {
            out.append(" ".repeat(width - texts[(int) offset].length())).append(texts[(int) offset]);
            return;
        }
        boolean innermost = axis == shape.rank() - 1;
        String separator = innermost ? ", " : ",\n" + " ".repeat(axis + 1);
        long size = shape.size(axis);
        out.append('[');
        for (long i = 0; i < size; i++) {
            if (i > 0) {
                out.append(separator);
            }
            if (size > 2 * EDGE + 1 && i == EDGE) {
                out.append("…");
                i = size - EDGE - 1;
            } else {
                write(out, axis + 1, offset + i * strides[axis]);
            }
        }
        out.append(']');
    }
}
