package io.github.clnorm.tools.normalize;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.reference.Reference;
import io.github.clnorm.tensorfile.TensorFile;
import io.github.clnorm.tensorfile.TensorOutput;
import io.github.clnorm.tensorfile.TestFiles;
import io.github.clnorm.type.Codec;
import io.github.clnorm.type.ElementType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.IntStream;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code clnorm run} and {@code grad} with the file formats that users of PyTorch and NumPy have. */
@Tag("device")
class FileFormatsTest extends UserFiles {

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
}
