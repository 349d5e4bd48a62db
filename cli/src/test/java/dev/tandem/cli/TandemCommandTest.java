package dev.tandem.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TandemCommandTest {
    @Test
    void helpNamesEveryCommandAndExitCode() {
        CommandRun run = CommandRun.of("--help");

        assertThat(run.exitCode()).isZero();
        assertThat(run.err()).isEmpty();
        assertThat(run.out())
                .contains("models", "devices", "doctor", "generate-completion", "--json", "130", "Examples");
    }

    @ParameterizedTest
    @ValueSource(strings = {"models", "devices", "doctor", "generate-completion"})
    void everyCommandHasHelp(String command) {
        CommandRun run = CommandRun.of(command, "--help");

        assertThat(run.exitCode()).isZero();
        assertThat(run.out()).contains("Usage: tandem " + command, "--json", "--debug");
    }

    @Test
    void helpIsACommandToo() {
        assertThat(CommandRun.of("help").out())
                .isEqualTo(CommandRun.of("--help").out());
        assertThat(CommandRun.of("help", "train").out()).contains("Usage: tandem train");
        CommandRun misspelt = CommandRun.of("help", "trian");
        assertThat(misspelt.exitCode()).isEqualTo(ExitCodes.USAGE);
    }

    @Test
    void listsOfChoicesNameThemAsHelpDoes() {
        CommandRun run = CommandRun.of("inspect", "--what", "filters,heat");

        assertOneLine(run, ExitCodes.USAGE);
        assertThat(run.err()).contains("heat given; use one of filters, activations, gradcam, occlusion, nearest");
    }

    @Test
    void versionNamesTandemItsCommitAndJava() {
        CommandRun run = CommandRun.of("--version");

        assertThat(run.exitCode()).isZero();
        assertThat(run.out())
                .containsPattern("tandem \\d+\\.\\d+\\.\\d+\\S* \\(commit ([0-9a-f]{8}(-dirty)?|unknown)\\)")
                .contains("Java 2");
    }

    @Test
    void unknownFlagIsAUsageErrorThatSuggestsTheNearest() {
        CommandRun run = CommandRun.of("models", "--jsn");

        assertOneLine(run, ExitCodes.USAGE);
        assertThat(run.err()).contains("--jsn", "did you mean --json?", "tandem models --help");
    }

    @Test
    void unknownCommandIsAUsageErrorThatSuggestsTheNearest() {
        CommandRun run = CommandRun.of("modls");

        assertOneLine(run, ExitCodes.USAGE);
        assertThat(run.err()).contains("there is no command modls", "did you mean models?");
    }

    @Test
    void noCommandIsAUsageError() {
        CommandRun run = CommandRun.of();

        assertOneLine(run, ExitCodes.USAGE);
        assertThat(run.err()).contains("tandem train");
    }

    @Test
    void debugShowsTheStackTrace() {
        CommandRun run = CommandRun.of("--debug", "modls");

        assertThat(run.exitCode()).isEqualTo(ExitCodes.USAGE);
        assertThat(run.err()).contains("\tat picocli.");
    }

    @Test
    void completionScriptKnowsTheCommands() {
        CommandRun run = CommandRun.of("generate-completion");

        assertThat(run.exitCode()).isZero();
        assertThat(run.out()).startsWith("#!/usr/bin/env bash").contains("models", "doctor");
    }

    @Test
    void completionScriptKnowsEachOptionsOwnValues() {
        String train = CommandRun.of("generate-completion").out().split("function _picocli_tandem_train", 2)[1];

        assertThat(train.substring(0, train.indexOf("\n}")).lines().filter(line -> line.contains("_option_args=(")))
                .as("picocli names these after paramLabel, so two options with one label would share their values")
                .doesNotHaveDuplicates()
                .extracting(line -> line.strip().split("_option_args")[0])
                .contains("local OPTIMIZER", "local SCHEDULE", "local MODEL")
                .doesNotHaveDuplicates();
    }

    @ParameterizedTest
    @CsvSource({
        "train --json --epoch 3,2",
        "train --epochs many --json,2",
        "train --resume --run no-such-folder --json,2",
        "eval no-such-file --json,2",
        "predict no-such-file --json,2",
        "inspect --weights no-such-file --json,2",
        "bench --image-size 3 --json,2",
        "models stray --json,2",
        "summary lenet6 --json,2",
        "parity no-such-file --json,2",
        "export no-such-file --json,2",
        "devices --cuda-home no-such-folder --json,2",
        "doctor stray --json,2",
        "gpu-check --device tpu --json,2",
        "modls --json,2",
        "--json,2"
    })
    void withJsonAFailureIsAnObjectToo(String arguments, int exitCode) {
        assertOneLine(CommandRun.of(arguments.split(" ")), exitCode);
    }

    /** On standard error; on standard output is nothing, or the same as an object where JSON was asked for. */
    static void assertOneLine(CommandRun run, int exitCode) {
        assertThat(run.exitCode()).isEqualTo(exitCode);
        assertThat(run.err()).startsWith("tandem: ").endsWith("\n");
        assertThat(run.err().strip().lines()).hasSize(1);
        if (run.asksForJson()) {
            assertThat("tandem: " + run.json().get("error").asText() + "\n").isEqualTo(run.err());
            assertThat(run.json().get("exitCode").asInt()).isEqualTo(exitCode);
        } else {
            assertThat(run.out()).isEmpty();
        }
    }
}
