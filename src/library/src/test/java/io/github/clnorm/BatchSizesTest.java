package io.github.clnorm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.testing.Examples;
import io.github.clnorm.testing.TestDevices;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.TreeSet;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The example that trains at several batch sizes: its gradients are right, and it shows the paper's claim. */
@Tag("slow")
@Tag("device")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class BatchSizesTest {

    /** Wrong gradients of a parameter differ by about their length. The ReLUs' kinks cause 0.025. */
    private static final double GRADIENT_BOUND = 0.05;

    private static final int IMAGES = 64;

    private static final int SEEDS = 3;

    private URLClassLoader loader;

    @BeforeAll
    void compile(@TempDir Path folder) throws Exception {
        Examples.compileFolder("batch-sizes", folder);
        loader = new URLClassLoader(new URL[] {folder.toUri().toURL()});
    }

    @AfterAll
    void close() throws Exception {
        loader.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"BATCH", "FROZEN", "GROUP", "LAYER", "INSTANCE"})
    void gradientsAreThoseOfTheLoss(String method) throws Exception {
        Method worst = loader.loadClass("GradientCheck").getMethod("worst", Backend.class, String.class);
        Backend backend = TestDevices.first();
        double difference = (double) worst.invoke(null, backend, method);
        assertTrue(difference <= GRADIENT_BOUND, method + ": " + difference);
        // Kept for reuse: what the launches need beside their tensors.
        int kept = backend.session().openBuffers();
        assertEquals(difference, (double) worst.invoke(null, backend, method));
        assertEquals(kept, backend.session().openBuffers(), "tensors that were not closed");
    }

    @Test
    void aSecondStartMakesTheMissingRunsAlone(@TempDir Path folder) throws Exception {
        Path results = folder.resolve("results.csv");
        tryOut(folder, IMAGES, Duration.ZERO);
        assertEquals(1, Files.readAllLines(results).size(), "only a heading");
        assertTrue(page(folder).contains("| GroupNorm | - | - | - | - | - |"), page(folder));

        tryOut(folder, IMAGES, Duration.ofDays(1));
        List<String> whole = Files.readAllLines(results);
        String page = page(folder);
        assertFalse(page.contains(" - "), page);
        for (String chart : List.of("batch-sizes.svg", "groups.svg")) {
            assertTrue(page.contains("(" + chart + ")"), page);
            DocumentBuilderFactory.newInstance()
                    .newDocumentBuilder()
                    .parse(folder.resolve(chart).toFile());
        }

        // As after an interruption: without the last results, in another order.
        List<String> some = new ArrayList<>(whole.subList(0, whole.size() / 2));
        Collections.reverse(some.subList(1, some.size()));
        Files.write(results, some);
        tryOut(folder, IMAGES, Duration.ofDays(1));
        List<String> resumed = Files.readAllLines(results);
        assertEquals(some, resumed.subList(0, some.size()));
        assertEquals(new TreeSet<>(whole), new TreeSet<>(resumed));
        assertEquals(whole.size(), resumed.size());
        assertEquals(page, page(folder));
    }

    @Test
    void resultsOfOtherSettingsAreRejected(@TempDir Path folder) throws Exception {
        tryOut(folder, IMAGES, Duration.ZERO);
        InvocationTargetException thrown =
                assertThrows(InvocationTargetException.class, () -> tryOut(folder, 2 * IMAGES, Duration.ZERO));
        assertTrue(
                thrown.getCause().getMessage().contains("other settings"),
                thrown.getCause().getMessage());
    }

    private void tryOut(Path folder, int images, Duration limit) throws Exception {
        PrintStream log = new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
        loader.loadClass("BatchSizes")
                .getMethod("tryOut", Backend.class, Path.class, int.class, Duration.class, PrintStream.class)
                .invoke(null, TestDevices.first(), folder, images, limit, log);
    }

    private static String page(Path folder) throws IOException {
        return Files.readString(folder.resolve("page.md"));
    }

    /** A spread is the larger one of the two standard deviations over the seeds. */
    @Test
    void onlyBatchNormLosesItsErrorAtBatchSizeTwo() throws Exception {
        double[] batchAt32 = errors("BATCH", 32);
        double[] batchAt2 = errors("BATCH", 2);
        double[] groupAt32 = errors("GROUP", 32);
        double[] groupAt2 = errors("GROUP", 2);
        String all = "BatchNorm " + Arrays.toString(batchAt32) + " and " + Arrays.toString(batchAt2) + ", GroupNorm "
                + Arrays.toString(groupAt32) + " and " + Arrays.toString(groupAt2);
        assertTrue(spreadsBetween(batchAt32, batchAt2) > 3, all);
        assertTrue(spreadsBetween(groupAt32, groupAt2) <= 3, all);
    }

    private double[] errors(String method, int batch) throws Exception {
        return (double[]) loader.loadClass("BatchSizes")
                .getMethod("errors", Backend.class, String.class, int.class, int.class)
                .invoke(null, TestDevices.first(), method, batch, SEEDS);
    }

    private static double spreadsBetween(double[] from, double[] to) {
        double spread = Math.max(deviation(from), deviation(to));
        return (mean(to) - mean(from)) / spread;
    }

    private static double mean(double[] values) {
        return Arrays.stream(values).average().orElseThrow();
    }

    private static double deviation(double[] values) {
        double mean = mean(values);
        return Math.sqrt(Arrays.stream(values)
                        .map(value -> (value - mean) * (value - mean))
                        .sum()
                / (values.length - 1));
    }
}
