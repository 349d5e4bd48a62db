package dev.tandem.benchmarks;

import java.io.IOException;

/** A contender whose step only waits: a stand-in for the driver's tests. */
final class FakeContender {
    private FakeContender() {}

    public static void main(String[] args) throws IOException {
        long millis = Long.parseLong(args[0]);
        ContenderServer.serve(
                () -> {
                    try {
                        Thread.sleep(millis);
                    } catch (InterruptedException e) {
                        throw new IllegalStateException(e);
                    }
                    return 0.5f;
                },
                System.in,
                System.out);
    }
}
