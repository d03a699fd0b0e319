package io.github.clnorm.tools.machine;

import io.github.clnorm.type.Tuning;
import java.util.Locale;
import picocli.CommandLine.Option;

/** The option {@code --tune}: how a command chooses launch parameters. */
public final class TuneOption {

    /** Spelled as on the command line. */
    enum Tune {
        off,
        cached,
        now
    }

    @Option(
            names = "--tune",
            paramLabel = "T",
            defaultValue = "cached",
            description = "Launch parameters: off for heuristics, cached for stored winners where there are any, now to"
                    + " search first, for 5 s a pass, what has none; a search that finds nothing says so in one line, and the"
                    + " heuristics decide. Default: ${DEFAULT-VALUE}.")
    private Tune tune;

    public Tuning tuning() {
        return Tuning.valueOf(word().toUpperCase(Locale.ROOT));
    }

    public String word() {
        return tune.name();
    }
}
