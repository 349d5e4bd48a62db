package dev.tandem.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import sun.misc.Signal;
import sun.misc.SignalHandler;

/**
 * Ends work in good order on Ctrl-C or a request to terminate: the first one asks it to stop, a second one ends the process at
 * once.
 */
final class Interruption implements AutoCloseable {
    private static final int SIGNAL_BASE = 128;

    private final Runnable stop;
    private final Map<Signal, SignalHandler> before = new LinkedHashMap<>();
    private volatile Signal received;

    /** @param stop called on another thread */
    Interruption(Runnable stop) {
        this.stop = stop;
        for (String name : new String[] {"INT", "TERM"}) {
            try {
                Signal signal = new Signal(name);
                before.put(signal, Signal.handle(signal, this::handle));
            } catch (IllegalArgumentException e) {
                // The system does not have it, or Java keeps it: then it ends the process as ever.
            }
        }
    }

    private void handle(Signal signal) {
        if (received != null) {
            Runtime.getRuntime().halt(SIGNAL_BASE + signal.getNumber());
        }
        received = signal;
        stop.run();
    }

    /** 130 for Ctrl-C, 143 for a request to terminate; 0 if nothing came. */
    int exitCode() {
        return received == null ? ExitCodes.OK : SIGNAL_BASE + received.getNumber();
    }

    @Override
    public void close() {
        before.forEach(Signal::handle);
    }
}
