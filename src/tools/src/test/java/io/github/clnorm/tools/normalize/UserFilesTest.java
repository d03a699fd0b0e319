package io.github.clnorm.tools.normalize;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.clnorm.reference.Nonlinearity;
import io.github.clnorm.reference.Reference;
import io.github.clnorm.tensorfile.TensorFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code clnorm run} and {@code grad} with the shapes, names and momentum that users of PyTorch have. */
@Tag("device")
class UserFilesTest extends UserFiles {

    @ParameterizedTest
    @CsvSource({"'8,1,1'", "'1,8,1,1'", "'1,8'", "'8'"})
    void dimensionsOfOneAreIgnored(String dimensions) {
        long[] shape =
                Arrays.stream(dimensions.split(",")).mapToLong(Long::parseLong).toArray();
        Path weight = file("w.npy", npy(GAMMA, shape));
        Path bias = file("b.npy", npy(BETA, shape));
        Path dw = outputs.resolve("dw.npy");
        Path db = outputs.resolve("db.npy");
        for (String operation : List.of("group_norm --num-groups=2", "batch_norm", "instance_norm")) {
            List<Object> words = new ArrayList<>(List.of("run"));
            words.addAll(List.of(operation.split(" ")));
            words.addAll(List.of("-i", input, "-o", output, "--weight", weight, "--bias", bias));
            done(execute(words.toArray()));
            Reference reference =
                    switch (words.get(1).toString()) {
                        case "group_norm" -> Reference.groupNorm(SHAPE, 1, 2);
                        case "batch_norm" -> Reference.batchNorm(SHAPE, 1);
                        default -> Reference.instanceNorm(SHAPE, 1);
                    };
            assertNormalized(output, reference.affine(GAMMA, BETA));
        }
        done(execute(
                "grad",
                "group_norm",
                "--num-groups=2",
                "-i",
                input,
                "--grad-output",
                input,
                "--weight",
                weight,
                "--bias",
                bias,
                "--grad-weight",
                dw,
                "--grad-bias",
                db));
        Reference.Gradients gradients =
                Reference.groupNorm(SHAPE, 1, 2).affine(GAMMA, BETA).gradients(i -> x[i], i -> x[i]);
        // Gradients have the shapes of the files.
        assertArrayEquals(shape, TensorFile.open(dw).shape());
        assertArrayEquals(shape, TensorFile.open(db).shape());
        double[] actual = TensorFile.open(dw).readDoubles();
        for (int i = 0; i < 8; i++) {
            assertEquals(
                    gradients.weight()[i],
                    actual[i],
                    1e-4 * (1 + Math.abs(gradients.weight()[i])));
        }
    }

    @Test
    void otherShapesOfParametersAreRejected() throws IOException {
        for (long[] shape : new long[][] {{2, 4}, {8, 2}, {1, 4, 2, 1}}) {
            int count = (int) Arrays.stream(shape).reduce(1, (a, b) -> a * b);
            Path weight = file("w.npy", npy(new double[count], shape));
            refused(
                    2,
                    group(input, output, "--weight", weight),
                    "Expected weight to be a vector of size equal to the number of channels in input",
                    Arrays.toString(shape));
        }
        Path weight = file("w.npy", npy(new double[15], 5, 1, 3));
        refused(
                2,
                execute("run", "layer_norm", "--normalized-shape=3,5", "-i", input, "-o", output, "--weight", weight),
                "got weight of shape [5, 1, 3] and normalized_shape = [3, 5]");
    }

    @ParameterizedTest
    @CsvSource({"SiLU,SILU", "GELU,GELU", "relu,RELU", "ReLU,RELU", "NONE,NONE"})
    void activationsMayHaveAnyCase(String name, Nonlinearity activation) {
        done(group(input, output, "--activation", name));
        assertNormalized(output, group.activation(activation));
    }

    /** PyTorch: num_batches_tracked += 1, and the factor is 1 / num_batches_tracked. */
    @ParameterizedTest
    @CsvSource({"batch_norm,-1", "batch_norm,0", "batch_norm,3", "instance_norm,1"})
    void withoutAMomentumRunningStatisticsAreAverages(String operation, long before) {
        Path mean = outputs.resolve("mean.npy");
        Path var = outputs.resolve("var.npy");
        double[] oldMean = {1, 2, 3, 4, 5, 6, 7, 8};
        double[] oldVar = {8, 7, 6, 5, 4, 3, 2, 1};
        List<Object> words =
                new ArrayList<>(List.of("run", operation, "-i", input, "-o", output, "--momentum", "none"));
        words.addAll(List.of("--running-mean", file("m.npy", npy(oldMean, 1, 8, 1, 1))));
        words.addAll(List.of("--running-var", file("v.npy", npy(oldVar, 8))));
        words.addAll(List.of("--running-mean-output", mean, "--running-var-output", var));
        if (before >= 0) {
            words.addAll(List.of("--num-batches-tracked", before));
        }
        done(execute(words.toArray()));
        double factor = 1.0 / (Math.max(before, 0) + 1);
        boolean batch = operation.equals("batch_norm");
        Reference.Moments moments =
                (batch ? Reference.batchNorm(SHAPE, 1) : Reference.instanceNorm(SHAPE, 1)).moments(i -> x[i]);
        int size = batch ? 30 : 15;
        int samples = batch ? 1 : 2;
        double[] newMean = new double[8];
        double[] newVar = new double[8];
        for (int c = 0; c < 8; c++) {
            double batchMean = 0;
            double batchVar = 0;
            for (int n = 0; n < samples; n++) {
                batchMean += moments.mean()[n * 8 + c] / samples;
                batchVar += moments.variance()[n * 8 + c] / samples * size / (size - 1.0);
            }
            newMean[c] = (1 - factor) * oldMean[c] + factor * batchMean;
            newVar[c] = (1 - factor) * oldVar[c] + factor * batchVar;
        }
        assertHolds(mean, newMean, 8);
        assertHolds(var, newVar, 8);
    }
}
