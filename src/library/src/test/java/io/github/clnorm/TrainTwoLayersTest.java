package io.github.clnorm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.testing.Examples;
import io.github.clnorm.testing.TestDevices;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The example that trains: it compiles without warnings, learns, and prints the same numbers every time. */
@Tag("slow")
class TrainTwoLayersTest {

    private static final String NAME = "TrainTwoLayers";
    private static final double LEARNED = 0.01;

    @TempDir
    Path folder;

    @Test
    @Tag("device")
    void learnsTheSameEveryTime() throws Exception {
        Examples.compile(NAME, folder);
        try (URLClassLoader loader =
                new URLClassLoader(new URL[] {folder.toUri().toURL()})) {
            Method train = loader.loadClass(NAME).getMethod("train", Backend.class, PrintStream.class);
            Backend backend = TestDevices.first();
            ByteArrayOutputStream firstText = new ByteArrayOutputStream();
            ByteArrayOutputStream secondText = new ByteArrayOutputStream();
            double first = (double) train.invoke(null, backend, print(firstText));
            // Kept for reuse: what the launches need beside their tensors.
            int kept = backend.session().openBuffers();
            double second = (double) train.invoke(null, backend, print(secondText));
            assertTrue(first < LEARNED, "the last loss is " + first);
            assertEquals(
                    Double.doubleToLongBits(first), Double.doubleToLongBits(second), first + " and then " + second);
            assertEquals(firstText.toString(StandardCharsets.UTF_8), secondText.toString(StandardCharsets.UTF_8));
            double[] losses = firstText
                    .toString(StandardCharsets.UTF_8)
                    .lines()
                    .mapToDouble(line -> Double.parseDouble(line.split("loss ")[1]))
                    .toArray();
            for (int i = 1; i < losses.length; i++) {
                assertTrue(losses[i] < losses[i - 1], "the loss does not fall: " + firstText);
            }
            assertEquals(kept, backend.session().openBuffers(), "tensors that were not closed");
        }
    }

    private static PrintStream print(ByteArrayOutputStream text) {
        return new PrintStream(text, true, StandardCharsets.UTF_8);
    }
}
