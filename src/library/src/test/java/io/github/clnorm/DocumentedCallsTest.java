package io.github.clnorm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.testing.OnEveryDevice;
import io.github.clnorm.type.ElementType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Calls that docs/layers.md shows: weight standardization, and batch_norm of the parts of a batch. The lines between
 * "page" and "end" are those of the page.
 */
@Tag("device")
class DocumentedCallsTest {

    private static final float CLOSE = 1e-6f;
    private static final Path SOURCE = Path.of("src/library/src/test/java/io/github/clnorm/DocumentedCallsTest.java");
    private static final Pattern SHOWN = Pattern.compile("// page\\R(.*?)// end\\R", Pattern.DOTALL);
    private static final Pattern FENCE = Pattern.compile("```java\\R(.*?)```", Pattern.DOTALL);

    /** Rows of 1, 3, 1, 3 and of 0, 0, 0, 4. */
    @OnEveryDevice
    void theWeightOfAConvolutionIsStandardized(Backend backend) {
        Tensor kernel = backend.tensor(new float[] {1, 3, 1, 3, 0, 0, 0, 4}, 2, 1, 2, 2);
        Tensor dStandardized = backend.tensor(new float[] {1, 0, 0, 0, 1, 0, 0, 0}, 2, 1, 2, 2);
        long in = 1;
        long height = 2;
        long width = 2;
        float[] weights;
        float[] gradient;
        // page
        LayerNorm standardize = LayerNorm.builder(backend, in, height, width)
                .elementwiseAffine(false)
                .eps(1e-10)
                .build();
        Recorded pass = standardize.record(kernel); // (out, in, height, width)
        weights = pass.output().toFloats(); // for the convolution, before GroupNorm
        Gradients gradients = pass.backward(dStandardized);
        gradient = gradients.input().toFloats(); // of the kernel
        // end
        try (kernel;
                dStandardized;
                standardize;
                pass;
                gradients) {
            float root = (float) Math.sqrt(3);
            assertArrayEquals(new float[] {-1, 1, -1, 1, -1 / root, -1 / root, -1 / root, 3 / root}, weights, CLOSE);
            // rstd (dy - mean(dy) - x̂ mean(dy x̂)): rstd 1 and x̂ of the first row, 1/√3 and x̂ of the second one.
            assertArrayEquals(
                    new float[] {0.5f, 0, -0.5f, 0, 2 / (3 * root), -1 / (3 * root), -1 / (3 * root), 0},
                    gradient,
                    CLOSE);
        }
    }

    /** Two samples a part: means 2 and 12, deviations 1 and 2. */
    @OnEveryDevice
    void eachPartOfABatchHasStatisticsOfItsOwn(Backend backend) {
        int batch = 4;
        int part = 2;
        int positions = 64;
        int half = part * positions;
        float[] values = new float[batch * positions];
        float[] ofOutput = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            boolean upper = i % 2 == 1;
            values[i] = i < half ? (upper ? 3 : 1) : (upper ? 14 : 10);
        }
        ofOutput[0] = 1;
        ofOutput[half] = 1;
        // Closes the slices too.
        Scope scope = backend.scope();
        Tensor x = backend.tensor(values, batch, 1, positions);
        Tensor dy = backend.tensor(ofOutput, batch, 1, positions);
        BatchNorm norm = BatchNorm.builder(backend, 1, 1).eps(0).build();
        // page
        Tensor y = backend.empty(ElementType.FLOAT32, x.sizes());
        Tensor dx = backend.empty(ElementType.FLOAT32, x.sizes());
        Tensor dWeight = backend.tensor(new float[1], 1); // one value a channel
        Tensor dBias = backend.tensor(new float[1], 1);
        List<Recorded> passes = new ArrayList<>();
        for (long from = 0; from < batch; from += part) {
            Options into = Options.DEFAULTS.output(y.slice(from, from + part));
            passes.add(norm.record(x.slice(from, from + part), into));
        }
        for (int i = 0; i < passes.size(); i++) {
            GradientOptions into = GradientOptions.DEFAULTS
                    .output(dx.slice(i * part, (i + 1) * part))
                    .accumulate(dWeight, dBias);
            passes.get(i).backward(dy.slice(i * part, (i + 1) * part), into).close();
        }
        // end
        try (scope;
                norm) {
            float[] expected = new float[values.length];
            for (int i = 0; i < expected.length; i++) {
                expected[i] = i % 2 == 1 ? 1 : -1;
            }
            assertArrayEquals(expected, y.toFloats(), CLOSE);
            // Those of each part in turn, with momentum 0.1: means 2 and 12, unbiased variances 1 and 4 times n / (n -
            // 1).
            assertEquals(0.9 * (0.1 * 2) + 0.1 * 12, norm.runningMean().toFloats()[0], CLOSE);
            double unbiased = half / (half - 1.0);
            assertEquals(
                    0.9 * (0.9 + 0.1 * unbiased) + 0.1 * 4 * unbiased,
                    norm.runningVar().toFloats()[0],
                    CLOSE);
            assertEquals(2, norm.numBatchesTracked());
            // x̂ is -1 where dy is 1.
            assertEquals(-2, dWeight.toFloats()[0], CLOSE);
            assertEquals(2, dBias.toFloats()[0], CLOSE);
            // rstd (dy - mean(dy) - x̂ mean(dy x̂)), with means 1 / n and -1 / n.
            for (int i = 0; i < expected.length; i++) {
                expected[i] = (i < half ? 1 : 0.5f) * (ofOutput[i] - (i % 2 == 1 ? 0 : 2f / half));
            }
            assertArrayEquals(expected, dx.toFloats(), CLOSE);
        } finally {
            passes.forEach(Recorded::close);
        }
    }

    @Test
    void thePageHasTheseLines() throws IOException {
        List<String> fences = found(FENCE, Path.of("docs/layers.md"));
        List<String> shown = found(SHOWN, SOURCE);
        assertEquals(2, shown.size());
        shown.forEach(lines -> assertTrue(fences.contains(lines), "docs/layers.md lacks\n" + lines));
    }

    private static List<String> found(Pattern pattern, Path file) throws IOException {
        return pattern.matcher(Files.readString(file))
                .results()
                .map((MatchResult result) -> result.group(1))
                .map(lines -> String.join(
                        "\n",
                        lines.lines()
                                .map(line -> line.strip().replaceAll(" +//", " //"))
                                .toList()))
                .map(String::strip)
                .toList();
    }
}
