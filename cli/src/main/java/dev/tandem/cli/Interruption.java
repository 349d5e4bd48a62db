package dev.tandem.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import sun.misc.Signal;
import sun.misc.SignalHandler;

/**
 * Ends work in good order on Ctrl-C, a request to terminate or the loss of the terminal: the first signal asks it to stop, a second
 * Ctrl-C or request ends the process at once. Where the loss of the terminal is ignored, as nohup has it, work goes on.
 */
final class Interruption implements AutoCloseable {
    private static final int SIGNAL_BASE = 128;
    private static final String CTRL_C = "INT";
    private static final String TERMINATE = "TERM";
    private static final String HANG_UP = "HUP";

    private final Runnable stop;
    private final Map<Signal, SignalHandler> before = new LinkedHashMap<>();
    private final AtomicReference<Signal> received = new AtomicReference<>(); // the first

    /** @param stop called on another thread */
    Interruption(Runnable stop) {
        this.stop = stop;
        for (String name : new String[] {CTRL_C, TERMINATE, HANG_UP}) {
            try {
                Signal signal = new Signal(name);
                before.put(signal, Signal.handle(signal, this::handle)); // Java leaves one alone that is ignored
            } catch (IllegalArgumentException e) {
                // The system does not have it, or Java keeps it: then it ends the process as ever.
            }
        }
    }

    private void handle(Signal signal) {
        if (received.compareAndSet(null, signal)) {
            stop.run();
        } else if (endsAtOnce(signal)) {
            Runtime.getRuntime().halt(SIGNAL_BASE + signal.getNumber());
        }
    }

    /** The end of a session sends several signals, each once or twice; what asks a second time is somebody who is in a hurry. */
    private boolean endsAtOnce(Signal second) {
        return second.getName().equals(CTRL_C)
                || second.getName().equals(TERMINATE) && received.get().equals(second);
    }

    /** 130 for Ctrl-C, 143 for a request to terminate, 129 for a lost terminal; 0 if nothing came. */
    int exitCode() {
        return received.get() == null
                ? ExitCodes.OK
                : SIGNAL_BASE + received.get().getNumber();
    }

    @Override
    public void close() {
        before.forEach(Signal::handle);
    }
}
