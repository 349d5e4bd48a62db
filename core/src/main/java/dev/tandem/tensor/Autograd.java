package dev.tandem.tensor;

import dev.tandem.backend.Storage;

/**
 * Records what tensors were computed from, so that {@link Tensor#backward} can go back. Also the door for differentiable
 * functions of your own: compute the result's storage, then {@link #record} it with its backward.
 */
public final class Autograd {
    private static final ThreadLocal<Boolean> DISABLED = new ThreadLocal<>();

    private Autograd() {}

    /** What a backward function does: read {@link Backward#gradient} and saved tensors, give gradients to the inputs. */
    @FunctionalInterface
    public interface BackwardFunction {
        void run(Backward backward);
    }

    /** Nothing is recorded on this thread until the result is closed. */
    public static NoGrad noGrad() {
        return new NoGrad();
    }

    /** See {@link #noGrad}. */
    public static final class NoGrad implements AutoCloseable {
        private final Boolean before = DISABLED.get();

        private NoGrad() {
            DISABLED.set(true);
        }

        @Override
        public void close() {
            DISABLED.set(before);
        }
    }

    /** Whether operations on this thread are recorded when an input needs a gradient. */
    public static boolean isEnabled() {
        return DISABLED.get() == null;
    }

    /** Whether an operation on these inputs (nulls allowed) would be recorded. */
    public static boolean isRecording(Tensor... inputs) {
        if (!isEnabled()) {
            return false;
        }
        for (Tensor input : inputs) {
            if (input != null && input.requiresGradient()) {
                return true;
            }
        }
        return false;
    }

    /**
     * Makes a tensor of an operation's result, remembering how to go back if any input needs a gradient.
     *
     * @param output one reference, which the tensor takes over
     * @param inputs what the operation computed from, in the order that {@link Backward#give} counts; nulls allowed
     * @param saved what the backward needs, in the order that {@link Backward#saved} counts; borrowed, nulls allowed. A
     *     value among them that is changed in place before it is asked for makes backward fail. Anything else that the function captures must not be a tensor or a storage.
     */
    public static Tensor record(
            String operation,
            Device device,
            Storage output,
            Tensor[] inputs,
            Storage[] saved,
            BackwardFunction function) {
        Tensor result = Tensor.wrap(device, output);
        if (isRecording(inputs)) {
            result.attach(new Node(operation, device, output, inputs, saved, function));
        }
        return result;
    }
}
