/**
 * The {@code tandem} command: one class a subcommand, {@link dev.tandem.cli.TandemCommand} above them. Results go to standard
 * output, everything else to standard error; mistakes end in one line and an exit code of {@link dev.tandem.cli.ExitCodes}.
 */
package dev.tandem.cli;
