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
            description =
                    "Launch parameters: off uses heuristics; cached uses stored results if there are any; now first"
                            + " searches each pass that has none, for 5 s. If a search finds nothing, one line says so and"
                            + " the heuristics are used. Default: ${DEFAULT-VALUE}.")
    private Tune tune;

    public Tuning tuning() {
        return Tuning.valueOf(word().toUpperCase(Locale.ROOT));
    }

    public String word() {
        return tune.name();
    }
}
