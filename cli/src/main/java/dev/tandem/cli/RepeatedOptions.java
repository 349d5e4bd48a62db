package dev.tandem.cli;

import java.util.HashSet;
import java.util.Set;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.ParseResult.GroupMatch;
import picocli.CommandLine.ParseResult.GroupMatchContainer;

/**
 * Refuses an option of one value that was given twice. Picocli does so by itself, but not for options in groups: there it begins
 * the group anew and forgets what else was given.
 */
final class RepeatedOptions {
    private final CommandLine command;
    private final Set<ArgSpec> seen = new HashSet<>();

    private RepeatedOptions(CommandLine command) {
        this.command = command;
    }

    /** @throws ParameterException naming the option */
    static void refuse(ParseResult parsed) {
        for (CommandLine command : parsed.asCommandLineList()) {
            RepeatedOptions options = new RepeatedOptions(command);
            command.getParseResult().getGroupMatches().forEach(options::refuse);
        }
    }

    private void refuse(GroupMatch match) {
        for (GroupMatchContainer container : match.matchedSubgroups().values()) {
            for (GroupMatch each : container.matches()) {
                for (OptionSpec option : container.group().options()) {
                    if (!each.matchedValues(option).isEmpty() && !seen.add(option) && !option.isMultiValue()) {
                        throw new ParameterException(
                                command, "option " + option.longestName() + " is given twice; give it once");
                    }
                }
                refuse(each);
            }
        }
    }
}
