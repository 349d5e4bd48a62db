package dev.tandem.tensor;

import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;

/** Element types. Computation is in {@link #FLOAT32}; the halves are for storage and mixed precision. */
public enum DType {
    FLOAT32(4, true),
    BFLOAT16(2, true),
    FLOAT16(2, true),
    INT32(4, false),
    INT64(8, false),
    UINT8(1, false);

    /** The types of real numbers: float32 and the halves. */
    public static final Set<DType> FLOATING = Collections.unmodifiableSet(EnumSet.of(FLOAT32, BFLOAT16, FLOAT16));

    private final int bytes;
    private final boolean floating;

    DType(int bytes, boolean floating) {
        this.bytes = bytes;
        this.floating = floating;
    }

    /** Bytes an element. */
    public int bytes() {
        return bytes;
    }

    /** Whether elements are real numbers, and so can have gradients. */
    public boolean isFloating() {
        return floating;
    }

    /** The smallest number of an integer type; minus infinity for a floating one. */
    public double smallest() {
        return switch (this) {
            case UINT8 -> 0;
            case INT32 -> Integer.MIN_VALUE;
            case INT64 -> Long.MIN_VALUE;
            default -> Double.NEGATIVE_INFINITY;
        };
    }

    /** The largest number of an integer type, as near as a double comes to it; infinity for a floating one. */
    public double largest() {
        return switch (this) {
            case UINT8 -> 255;
            case INT32 -> Integer.MAX_VALUE;
            case INT64 -> Long.MAX_VALUE;
            default -> Double.POSITIVE_INFINITY;
        };
    }

    /** Whether a number is one of this type exactly: for an integer type, whether it is whole and in range. */
    public boolean holds(double value) {
        if (floating) {
            return true;
        }
        boolean inRange = value >= smallest() && (this == INT64 ? value < 0x1p63 : value <= largest());
        return inRange && value == Math.rint(value);
    }

    /** The type that arithmetic between two types gives: floating before integer, then the wider one. */
    public static DType promote(DType a, DType b) {
        if (a == b) {
            return a;
        }
        if (a.floating != b.floating) {
            return a.floating ? a : b;
        }
        if (a.floating) {
            return FLOAT32; // also bfloat16 with float16: neither holds the other
        }
        return a.bytes >= b.bytes ? a : b;
    }
}
