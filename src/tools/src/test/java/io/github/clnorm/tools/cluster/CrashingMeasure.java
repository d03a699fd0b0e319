package io.github.clnorm.tools.cluster;

import java.nio.file.Path;

/** A process that ends while it measures its first device, as with a driver that crashes. */
final class CrashingMeasure {

    static final int CODE = 42;

    private CrashingMeasure() {}

    public static void main(String[] arguments) throws Exception {
        new MachineBench(
                        Path.of(arguments[0]),
                        arguments[1],
                        arguments[2],
                        "any",
                        (device, stop) -> {
                            Runtime.getRuntime().halt(CODE);
                            return "";
                        },
                        () -> false)
                .run();
    }
}
