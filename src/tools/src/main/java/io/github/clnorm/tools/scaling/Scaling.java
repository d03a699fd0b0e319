package io.github.clnorm.tools.scaling;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/** The program behind {@code bench/scaling}: prints the tables of {@code docs/scaling.md}. */
public final class Scaling {

    private Scaling() {}

    /**
     * Prints the tables.
     *
     * @param arguments none
     */
    public static void main(String[] arguments) {
        new PrintStream(System.out, true, StandardCharsets.UTF_8).print(ScalingTables.text());
    }
}
