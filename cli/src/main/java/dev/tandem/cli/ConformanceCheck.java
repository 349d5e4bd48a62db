package dev.tandem.cli;

import static org.junit.platform.engine.discovery.ClassNameFilter.includeClassNamePatterns;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectPackage;

import java.util.Set;
import java.util.regex.Pattern;
import org.junit.platform.engine.FilterResult;
import org.junit.platform.engine.TestDescriptor;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.TestSource;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.PostDiscoveryFilter;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/** Runs core's conformance kit with JUnit. An item is a test method; one of parameters is many tests. */
final class ConformanceCheck implements TestExecutionListener {
    private static final String KIT = "dev\\.tandem\\.(conformance\\..*Conformance|nn\\.LayerGradientsTest)";
    private static final int LONGEST_MESSAGE = 500;

    private final CheckSettings settings;
    private final Set<String> done;
    private final CheckEvents events;
    private boolean isEmpty = true;

    ConformanceCheck(CheckJob job, CheckEvents events) {
        this.settings = job.settings();
        this.done = job.done();
        this.events = events;
    }

    void run() {
        System.setProperty("tandem.conformance.device", settings.device());
        Pattern wanted = Pattern.compile(settings.tests());
        LauncherDiscoveryRequest request = LauncherDiscoveryRequestBuilder.request()
                .selectors(selectPackage("dev.tandem.conformance"), selectPackage("dev.tandem.nn"))
                .filters(includeClassNamePatterns(KIT), (PostDiscoveryFilter) test -> filter(test, wanted))
                .configurationParameter("junit.jupiter.extensions.autodetection.enabled", "false")
                .build();
        LauncherFactory.create().execute(request, this);
        if (isEmpty && done.isEmpty()) {
            String named = settings.tests().isEmpty() ? "" : " whose name contains " + settings.tests();
            events.fail(
                    "conformance",
                    "no test was found" + named
                            + "; the kit is core-…-tests.jar on the class path, and JUnit reads it with"
                            + " Java's module jdk.zipfs");
        }
    }

    private FilterResult filter(TestDescriptor test, Pattern wanted) {
        String name = test.getSource().map(ConformanceCheck::method).orElse(null);
        return FilterResult.includedIf(name == null || (wanted.matcher(name).find() && !done.contains(name)));
    }

    /** {@code ConvolutionConformance.groups}; null for what is no method. */
    private static String method(TestSource source) {
        if (!(source instanceof MethodSource)) {
            return null;
        }
        MethodSource method = (MethodSource) source;
        return simple(method.getClassName()) + "." + method.getMethodName();
    }

    private static String simple(String className) {
        return className.substring(className.lastIndexOf('.') + 1);
    }

    /** The method itself rather than one of its invocations. */
    private static boolean isItem(TestIdentifier test) {
        return test.getSource().map(ConformanceCheck::method).isPresent()
                && !test.getUniqueIdObject().getLastSegment().getType().equals("test-template-invocation");
    }

    private static String name(TestIdentifier test) {
        String method = test.getSource().map(ConformanceCheck::method).orElse(null);
        if (method == null) {
            return test.getDisplayName();
        }
        return isItem(test) ? method : method + " " + test.getDisplayName();
    }

    @Override
    public void executionStarted(TestIdentifier test) {
        if (isItem(test)) {
            isEmpty = false;
            events.begin(name(test));
        }
    }

    @Override
    public void executionSkipped(TestIdentifier test, String reason) {
        events.skip(name(test), reason);
    }

    @Override
    public void executionFinished(TestIdentifier test, TestExecutionResult result) {
        switch (result.getStatus()) {
            case SUCCESSFUL -> {
                if (test.isTest()) {
                    events.pass(name(test), null);
                }
            }
            case ABORTED -> events.skip(name(test), message(result));
            case FAILED -> failed(test, result);
        }
        if (isItem(test)) {
            events.end(name(test));
        }
    }

    private void failed(TestIdentifier test, TestExecutionResult result) {
        System.err.println(name(test));
        result.getThrowable().ifPresent(Throwable::printStackTrace);
        events.fail(name(test), message(result));
        if (!(result.getThrowable().orElse(null) instanceof AssertionError)) { // wrong numbers lose no device
            CheckDevice.endIfLost(settings.device(), events);
        }
    }

    private static String message(TestExecutionResult result) {
        Throwable cause = result.getThrowable().orElse(null);
        if (cause == null) {
            return "";
        }
        String message =
                cause instanceof AssertionError || cause.getClass().getName().startsWith("dev.tandem.")
                        ? String.valueOf(cause.getMessage())
                        : cause.toString();
        String line = message.strip().replaceAll("\\s*\\R\\s*", "; ");
        return line.length() <= LONGEST_MESSAGE ? line : line.substring(0, LONGEST_MESSAGE) + "…";
    }
}
