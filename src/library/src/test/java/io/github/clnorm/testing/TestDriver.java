package io.github.clnorm.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Compiles the OpenCL driver of {@code src/test/c/test_driver.c}. Fails if there is no C compiler. */
public final class TestDriver {

    private static final Path SOURCE = Path.of("src", "library", "src", "test", "c", "test_driver.c");

    private TestDriver() {}

    /**
     * Creates a driver with its ICD file.
     *
     * @param vendors the folder for the ICD file and the library
     * @param name the ICD file's name without suffix
     * @param mode the fault of the driver; {@code good} for none
     * @return the ICD file
     */
    public static Path make(Path vendors, String name, String mode) {
        Path library = vendors.resolve("lib" + name + ".so").toAbsolutePath();
        Path log = vendors.resolve(name + ".log");
        try {
            int code = new ProcessBuilder(
                            "cc",
                            "-shared",
                            "-fPIC",
                            "-DMODE=\"" + mode + "\"",
                            "-o",
                            library.toString(),
                            SOURCE.toString())
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile())
                    .start()
                    .waitFor();
            assertEquals(0, code, Files.readString(log));
            return Files.writeString(vendors.resolve(name + ".icd"), library + "\n");
        } catch (IOException e) {
            throw new AssertionError("these tests need a C compiler named cc: " + e.getMessage(), e);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
