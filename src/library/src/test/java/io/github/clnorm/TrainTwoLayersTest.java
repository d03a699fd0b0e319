package io.github.clnorm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.testing.TestDevices;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.PrintStream;
import java.io.StringWriter;
import java.lang.reflect.Method;
import java.net.URISyntaxException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.jocl.CL;
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
        compile();
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

    private void compile() throws Exception {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        StringWriter errors = new StringWriter();
        // JOCL too: a signature of Backend names its types.
        String classPath = String.join(
                File.pathSeparator,
                Stream.of(Backend.class, CL.class)
                        .map(TrainTwoLayersTest::location)
                        .toList());
        try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, StandardCharsets.UTF_8)) {
            boolean compiled = compiler.getTask(
                            errors,
                            files,
                            null,
                            List.of(
                                    "-Xlint:all",
                                    "-Werror",
                                    "--release",
                                    "17",
                                    "-cp",
                                    classPath,
                                    "-d",
                                    folder.toString()),
                            null,
                            files.getJavaFileObjects(Path.of("examples", NAME + ".java")))
                    .call();
            assertTrue(compiled, errors.toString());
        }
    }

    private static String location(Class<?> type) {
        try {
            return Path.of(type.getProtectionDomain()
                            .getCodeSource()
                            .getLocation()
                            .toURI())
                    .toString();
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }
}
