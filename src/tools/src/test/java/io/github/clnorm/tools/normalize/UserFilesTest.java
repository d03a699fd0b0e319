package io.github.clnorm.tools.normalize;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.reference.Nonlinearity;
import io.github.clnorm.reference.Reference;
import io.github.clnorm.tensorfile.TensorFile;
import io.github.clnorm.tensorfile.TensorOutput;
import io.github.clnorm.tensorfile.TestFiles;
import io.github.clnorm.testing.Errors;
import io.github.clnorm.testing.Values;
import io.github.clnorm.tools.testing.CommandLineFixture;
import io.github.clnorm.type.Codec;
import io.github.clnorm.type.ElementType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code clnorm run} and {@code grad} with the files, shapes and names that users of PyTorch and NumPy have. */
@Tag("device")
class UserFilesTest extends CommandLineFixture {

    private static final double[] GAMMA = Values.normal(ElementType.FLOAT32, 2, 8, 1, 1);
    private static final double[] BETA = Values.normal(ElementType.FLOAT32, 3, 8, 0, 1);
    private static final double TOLERANCE = Errors.FORWARD;

    private final Reference group = Reference.groupNorm(SHAPE, 1, 2);

    private static byte[] npy(double[] values, long... shape) {
        return TestFiles.npy("<f8", TestFiles.python(shape), TestFiles.doubles(values));
    }

    private int group(Object from, Object to, Object... options) {
        List<Object> arguments = new ArrayList<>(List.of("run", "group_norm", "--num-groups=2", "-i", from, "-o", to));
        arguments.addAll(List.of(options));
        return execute(arguments.toArray());
    }

    private void assertNormalized(Object file, Reference reference) {
        assertHolds(file, reference.normalize(i -> x[i]), SHAPE);
    }

    private static void assertHolds(Object file, double[] expected, long... shape) {
        TensorFile result = TensorFile.open(file.toString());
        assertArrayEquals(shape, result.shape());
        Errors.assertClose(expected, result.readFloats(), TOLERANCE, file.toString());
    }

    // .npz

    @ParameterizedTest
    @ValueSource(ints = {ZipEntry.STORED, ZipEntry.DEFLATED})
    void inputsMayBeInAnNpzFile(int method) {
        Path all = file(
                "all.npz",
                TestFiles.zip(
                        method,
                        "x.npy",
                        TestFiles.npy(SHAPE, x),
                        "norm/weight.npy",
                        npy(GAMMA, 8),
                        "norm/bias.npy",
                        npy(BETA, 8)));
        done(group(all + "#x", output, "--weight", all + "#norm/weight", "--bias", all + "#norm/bias"));
        assertNormalized(output, group.affine(GAMMA, BETA));
    }

    @Test
    void outputsMayBeInOneNpzFile() {
        Path all = file("all.npz", TestFiles.zip(ZipEntry.DEFLATED, "old.npy", npy(BETA, 2, 4)));
        done(group(input, all + "#y", "--mean-output", all + "#mean"));
        assertNormalized(all + "#y", group);
        Reference.Moments moments = group.moments(i -> x[i]);
        assertHolds(all + "#mean", moments.mean(), 2, 2);
        assertArrayEquals(BETA, TensorFile.open(all + "#old").readDoubles());
        done(execute(
                "grad",
                "group_norm",
                "--num-groups=2",
                "-i",
                input,
                "--grad-output",
                all + "#y",
                "--grad-input",
                all + "#dx"));
        assertArrayEquals(SHAPE, TensorFile.open(all + "#dx").shape());
    }

    @Test
    void wrongNpzFilesTakeOneLine() throws IOException {
        byte[] whole = TestFiles.zip(
                ZipEntry.STORED,
                "x.npy",
                TestFiles.npy(SHAPE, x),
                "cut.npy",
                Arrays.copyOf(TestFiles.npy(SHAPE, x), 500));
        Path all = file("all.npz", whole);
        refused(2, group(all, output), all + ": holds 2 tensors, expected FILE.npz#NAME with one of 'x', 'cut'");
        refused(2, group(all + "#z", output), all + "#z: has no tensor 'z', expected one of 'x', 'cut'");
        refused(2, group(all + "#cut", output), "is truncated", "takes 960 bytes after the header", "has 372");
        whole[600] ^= 1;
        file("all.npz", whole);
        refused(
                2,
                group(all + "#x", output),
                all + "#x: is a damaged .npz file: the content of 'x.npy' has another checksum");
        file("all.npz", Arrays.copyOf(whole, whole.length - 30));
        refused(2, group(all + "#x", output), "is a damaged .npz file", "may be truncated");
        refused(2, group(input, all + "#y"), all + "#y: cannot be added to, remove it or use another name");
        refused(2, group(input, output, "--mean-output", folder.resolve("m.npz#")), "no tensor can be named ''");
    }

    // Byte order and bfloat16

    @ParameterizedTest
    @CsvSource({"false", "true"})
    void inputsMayBeBigEndian(boolean fortranOrder) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * COUNT).order(ByteOrder.BIG_ENDIAN);
        for (int i = 0; i < COUNT; i++) {
            bytes.putFloat(x[fortranOrder ? ofFortran(i) : i]);
        }
        Path big = file("big.npy", TestFiles.npy(1, ">f4", fortranOrder, TestFiles.python(SHAPE), bytes.array()));
        done(group(big, output));
        assertNormalized(output, group);
    }

    /** The index in C order of the element at an index in Fortran order. */
    private static int ofFortran(int at) {
        int index = 0;
        int rest = at;
        int stride = COUNT;
        for (long dimension : SHAPE) {
            stride /= (int) dimension;
            index += rest % (int) dimension * stride;
            rest /= (int) dimension;
        }
        return index;
    }

    @ParameterizedTest
    @ValueSource(strings = {"<V2", "|V2", ">V2"})
    void bfloat16OfMlDtypesIsReadAndWritten(String descr) throws IOException {
        ByteOrder order = descr.startsWith(">") ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
        ByteBuffer little = ByteBuffer.allocate(2 * COUNT).order(ByteOrder.LITTLE_ENDIAN);
        Codec.encode(ElementType.BFLOAT16, x, 0, little);
        ByteBuffer stored = ByteBuffer.allocate(2 * COUNT).order(order);
        IntStream.range(0, COUNT).forEach(i -> stored.putShort(little.getShort(2 * i)));
        Path brain = file("brain.npy", TestFiles.npy(descr, TestFiles.python(SHAPE), stored.array()));
        Path same = folder.resolve("same.safetensors");
        try (TensorOutput files = new TensorOutput()) {
            files.write(same.toString(), ElementType.BFLOAT16, x, SHAPE);
            files.commit();
        }
        done(group(brain, output));
        Path expected = folder.resolve("expected.safetensors");
        done(group(same, expected));
        TensorFile result = TensorFile.open(output.toString());
        assertEquals(ElementType.BFLOAT16, result.type());
        assertArrayEquals(TensorFile.open(expected.toString()).readFloats(), result.readFloats());
        String header = new String(Files.readAllBytes(output), 10, 100, StandardCharsets.ISO_8859_1);
        assertTrue(header.startsWith("{'descr': '<V2', 'fortran_order': False, 'shape': (2, 8, 3, 5), }"), header);
    }

    // Sharded safetensors

    @Test
    void parametersMayBeInShards() throws IOException {
        try (TensorOutput files = new TensorOutput()) {
            files.write(folder.resolve("1.safetensors#norm.weight").toString(), ElementType.FLOAT64, GAMMA, 8);
            files.write(folder.resolve("2.safetensors#norm.bias").toString(), ElementType.FLOAT64, BETA, 8);
            files.commit();
        }
        Path index = file(
                "model.safetensors.index.json",
                "{\"weight_map\": {\"norm.weight\": \"1.safetensors\", \"norm.bias\": \"2.safetensors\"}}"
                        .getBytes(StandardCharsets.UTF_8));
        done(group(input, output, "--weight", index + "#norm.weight", "--bias", index + "#norm.bias"));
        assertNormalized(output, group.affine(GAMMA, BETA));
        Files.write(output, OLD);
        refused(2, group(input, output, "--weight", index + "#norm"), index + "#norm: has no tensor 'norm'");
        Files.delete(folder.resolve("2.safetensors"));
        refused(2, group(input, output, "--bias", index + "#norm.bias"), "in 2.safetensors: no such file");
        refused(2, group(input, index + "#y"), "expected a name that ends with .npy, .npz or .safetensors");
        file(
                "model.safetensors.index.json",
                "{\"weight_map\": {\"w\": \"../w.safetensors\"}}".getBytes(StandardCharsets.UTF_8));
        refused(2, group(input, output, "--weight", index + "#w"), "'../w.safetensors'", "in the folder of the index");
    }

    // Shapes, names and momentum

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
