package dev.tandem.tensor;

import dev.tandem.backend.Backend;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A device's thread, and how the device closes: at once on that thread, or from another one when the owner is between two
 * operations. The owner's part costs one read of a flag for each operation; the other thread looks at the owner's stack.
 */
final class Ownership {
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(5);

    private enum State {
        OPEN,
        /** Another thread is closing it, or waits until it can. */
        CLOSING,
        CLOSED
    }

    private final Device device;
    private final Set<String> backend; // the classes that operations enter it by
    private final Thread owner = Thread.currentThread();
    private volatile State state = State.OPEN;
    private boolean ownerWaits;

    Ownership(Device device, Backend backend) {
        this.device = device;
        this.backend = Stream.of(
                        backend.memory(), backend.math(), backend.neural(), backend.optimizer(), backend.input())
                .map(operations -> operations.getClass().getName())
                .collect(Collectors.toSet());
    }

    Thread owner() {
        return owner;
    }

    boolean isClosed() {
        return state == State.CLOSED;
    }

    /** Before each operation. */
    void check() {
        if (Thread.currentThread() != owner) {
            throw wrongThread();
        }
        if (state != State.OPEN) {
            waitForClosing();
        }
    }

    /** Before what changes who holds a tensor; whoever closes the device releases them all. */
    void checkHolder() {
        if (Thread.currentThread() != owner && state == State.OPEN) {
            throw wrongThread();
        }
    }

    private WrongThreadException wrongThread() {
        return new WrongThreadException("device " + device + " belongs to thread '" + owner.getName()
                + "' but was used from '" + Thread.currentThread().getName()
                + "'; use it on its own thread, or open a device on this one");
    }

    private synchronized void waitForClosing() {
        awaitDecision();
        if (state == State.CLOSED) {
            throw new IllegalStateException("device " + device + " is closed");
        }
    }

    /** While another thread is about to close it: until it has done so, or given up. */
    private void awaitDecision() {
        boolean interrupted = false;
        ownerWaits = ownerWaits || Thread.currentThread() == owner;
        while (state == State.CLOSING) {
            try {
                wait();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        ownerWaits = ownerWaits && Thread.currentThread() != owner;
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Runs the work of closing, once. */
    synchronized void close(Runnable work) {
        awaitDecision();
        if (state == State.CLOSED) {
            return;
        }
        state = State.CLOSING;
        try {
            if (Thread.currentThread() != owner) {
                awaitOwner();
            }
            state = State.CLOSED;
            work.run();
        } finally {
            state = state == State.CLOSING ? State.OPEN : State.CLOSED;
            notifyAll();
        }
    }

    /** Until the owner is in no operation, has come to the beginning of one, or has ended. */
    private void awaitOwner() {
        long end = System.nanoTime() + PATIENCE_NANOS;
        while (owner.isAlive() && !ownerWaits && isComputing()) {
            if (System.nanoTime() > end) {
                throw new IllegalStateException("device " + device + " cannot be closed from thread '"
                        + Thread.currentThread().getName() + "' now: its own thread '" + owner.getName()
                        + "' is in an operation that has not ended; close it there, or later");
            }
            try {
                wait(1);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted while closing device " + device, e);
            }
        }
    }

    /**
     * Whether the owner is in the backend, or in this library on the way there. Where this library has called the program, as a
     * forward or a listener, it asks again before it goes on.
     */
    private boolean isComputing() {
        List<String> stack = Arrays.stream(owner.getStackTrace())
                .map(StackTraceElement::getClassName)
                .toList();
        return stack.stream().anyMatch(backend::contains)
                || stack.stream()
                        .filter(name -> !name.startsWith("java.") && !name.startsWith("jdk."))
                        .findFirst()
                        .filter(Ownership::isOfThisLibrary)
                        .isPresent();
    }

    private static boolean isOfThisLibrary(String className) {
        if (!className.startsWith("dev.tandem.")) {
            return false;
        }
        try {
            Class<?> found = Class.forName(className, false, Device.class.getClassLoader());
            return found.getProtectionDomain() == Device.class.getProtectionDomain();
        } catch (ClassNotFoundException e) {
            return false;
        }
    }
}
