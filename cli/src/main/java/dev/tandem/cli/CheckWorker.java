package dev.tandem.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import sun.misc.Signal;
import sun.misc.SignalHandler;

/** The process that {@link CheckProcess} starts: reads its job from standard input, writes events to standard output. */
final class CheckWorker {
    private static final int ABANDONED = 4;

    private CheckWorker() {}

    public static void main(String[] arguments) throws IOException {
        ignore("INT"); // Ctrl-C reaches all processes of a terminal; the starter decides
        ignore("TERM");
        System.setProperty("java.awt.headless", "true");
        CheckEvents events = new CheckEvents(
                new PrintStream(new FileOutputStream(FileDescriptor.out), false, StandardCharsets.UTF_8));
        System.setOut(System.err);
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        CheckJob job = new ObjectMapper().readValue(in.readLine(), CheckJob.class);
        Thread.ofPlatform().daemon().start(() -> endWith(in));
        try {
            run(job, events);
        } catch (RuntimeException | Error e) {
            e.printStackTrace();
            events.fail(job.section().toString(), String.valueOf(e.getMessage() == null ? e : e.getMessage()));
            CheckDevice.endIfLost(job.settings().device(), events);
        }
        events.complete();
        Runtime.getRuntime().halt(0); // a device that hangs as it closes must not keep the rest from running
    }

    private static void run(CheckJob job, CheckEvents events) {
        switch (job.section()) {
            case MACHINE -> MachineCheck.run(job.settings(), events);
            case CONFORMANCE -> new ConformanceCheck(job, events).run();
            case TRAINING -> new TrainingCheck(job.settings(), events).run();
            case FLATNESS -> new FlatnessCheck(job.settings(), events).run();
            case THROUGHPUT -> new ThroughputCheck(job, events).run();
        }
    }

    private static void ignore(String signal) {
        try {
            Signal.handle(new Signal(signal), SignalHandler.SIG_IGN);
        } catch (IllegalArgumentException e) {
            // The system does not have it.
        }
    }

    private static void endWith(BufferedReader in) {
        try {
            while (in.read() >= 0) {
                // Nothing more is said.
            }
        } catch (IOException e) {
            // As good as the end.
        }
        Runtime.getRuntime().halt(ABANDONED);
    }
}
