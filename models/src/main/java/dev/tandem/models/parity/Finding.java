package dev.tandem.models.parity;

/**
 * How far a group of tensors is from what it should be.
 *
 * @param group such as {@code grad}
 * @param tensors how many were compared
 * @param error the largest, relative to its tensor's largest magnitude
 * @param allowance the largest error that is rounding
 * @param worst the tensor with that error
 */
public record Finding(String group, int tensors, double error, double allowance, String worst) {
    /** Not so for NaN. */
    public boolean passes() {
        return error <= allowance;
    }
}
