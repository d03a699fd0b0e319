package io.github.clnorm.tensorfile;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.clnorm.testing.Pipes;
import io.github.clnorm.type.ElementType;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tensors of several .safetensors files, by the index that Hugging Face's libraries write. */
class ShardIndexTest {

    private static final String FIRST = "model-00001-of-00002.safetensors";
    private static final String SECOND = "model-00002-of-00002.safetensors";

    @TempDir
    private Path folder;

    private Path index;

    @BeforeEach
    void setUp() throws IOException {
        try (TensorOutput output = new TensorOutput()) {
            output.write(folder.resolve(FIRST) + "#a.weight", new float[] {1, 2, 3}, 3);
            output.write(folder.resolve(FIRST) + "#a.bias", new float[] {4}, 1);
            output.write(folder.resolve(SECOND) + "#b.weight", ElementType.BFLOAT16, new double[] {5, 6}, 1, 2);
            output.writeLong(folder.resolve(SECOND) + "#b.num_batches_tracked", 12);
            output.commit();
        }
        index = write("{\"metadata\": {\"total_size\": 28}, \"weight_map\": {\"a.weight\": \"" + FIRST
                + "\", \"a.bias\": \"" + FIRST + "\", \"b.weight\": \"" + SECOND + "\", \"b.num_batches_tracked\": \""
                + SECOND + "\"}}");
    }

    private Path write(String json) {
        return TestFiles.write(folder.resolve("model.safetensors.index.json"), json.getBytes(StandardCharsets.UTF_8));
    }

    private static void refused(String specification, String... says) {
        TensorFileException refusal = assertThrows(TensorFileException.class, () -> TensorFile.open(specification));
        String message = refusal.getMessage();
        TensorFileTest.assertOneLine(message.substring(0, message.indexOf(": ")), refusal, says);
        assertEquals(specification, message.substring(0, specification.length()));
    }

    @Test
    void aNameFindsItsShard() {
        TensorFile tensor = TensorFile.open(index + "#b.weight");
        assertEquals(ElementType.BFLOAT16, tensor.type());
        assertArrayEquals(new long[] {1, 2}, tensor.shape());
        assertArrayEquals(new float[] {5, 6}, tensor.readFloats());
        assertEquals(index + "#b.weight", tensor.toString());
        assertEquals(index, tensor.path());
        assertArrayEquals(
                new float[] {1, 2, 3}, TensorFile.open(index + "#a.weight").readFloats());
        assertEquals(12, TensorFile.readLong(index + "#b.num_batches_tracked"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "diffusion_pytorch_model.safetensors.index.json",
                "unet.safetensors.index.fp16.json",
                "a#b.safetensors.index.json"
            })
    void anIndexMayHaveAnotherName(String name) throws IOException {
        Path other = Files.copy(index, folder.resolve(name));
        assertArrayEquals(new float[] {4}, TensorFile.open(other + "#a.bias").readFloats());
    }

    /** As in a cache of Hugging Face's hub, whose files are links to others. */
    @Test
    void shardsAreBesideTheLinkToTheIndex() throws IOException {
        Path blobs = TestFiles.folder(folder.resolve("blobs"));
        Path snapshot = TestFiles.folder(folder.resolve("snapshot"));
        Files.move(index, blobs.resolve("0"));
        Files.move(folder.resolve(FIRST), blobs.resolve("1"));
        Files.createSymbolicLink(snapshot.resolve(index.getFileName()), Path.of("../blobs/0"));
        Files.createSymbolicLink(snapshot.resolve(FIRST), Path.of("../blobs/1"));
        assertArrayEquals(
                new float[] {4},
                TensorFile.open(snapshot.resolve(index.getFileName()) + "#a.bias")
                        .readFloats());
    }

    @Test
    void aShardMayBeInAFolderBelow() throws IOException {
        TestFiles.folder(folder.resolve("unet"));
        Files.move(folder.resolve(FIRST), folder.resolve("unet").resolve(FIRST));
        write("{\"weight_map\": {\"a.bias\": \"unet/" + FIRST + "\"}}");
        // The only tensor needs no name.
        assertArrayEquals(new float[] {4}, TensorFile.open(index.toString()).readFloats());
        assertArrayEquals(new float[] {4}, TensorFile.open(index).readFloats());
    }

    @Test
    void missingNamesAndFilesAreNamed() throws IOException {
        refused(
                index.toString(),
                "holds 4 tensors",
                "FILE.safetensors.index.json#NAME with one of 'a.weight', 'a.bias'");
        refused(index + "#c", "has no tensor 'c', expected one of 'a.weight', 'a.bias', 'b.weight'");
        refused(folder.resolve("no.safetensors.index.json") + "#c", "no such file");
        Files.delete(folder.resolve(SECOND));
        refused(index + "#b.weight", " in " + SECOND + ": no such file");
        assertArrayEquals(new float[] {4}, TensorFile.open(index + "#a.bias").readFloats());
        write("{\"weight_map\": {\"b.weight\": \"" + FIRST + "\"}}");
        refused(index + "#b.weight", " in " + FIRST + ": has no tensor 'b.weight', expected one of 'a.");
        TestFiles.write(folder.resolve(FIRST), new byte[] {1, 2, 3});
        refused(index + "#b.weight", " in " + FIRST + ": is truncated");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "../model.safetensors",
                "a/../../model.safetensors",
                "a/..",
                "..",
                "/etc/model.safetensors",
                "/",
                "",
                "model.bin",
                "model.safetensors.index.json",
                "m\\u0000.safetensors"
            })
    void aShardOutsideTheFolderIsRejected(String shard) {
        write("{\"weight_map\": {\"a.bias\": \"" + FIRST + "\", \"evil\": \"" + shard + "\"}}");
        String[] says = {"places tensor 'evil' in '", "expected a .safetensors file in the folder of the index"};
        refused(index + "#evil", says);
        // Also if another tensor is asked for.
        refused(index + "#a.bias", says);
        TensorFileTest.assertOneLine(
                index, assertThrows(TensorFileException.class, () -> SafetensorsReader.open(index)), says);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{",
                "[]",
                "{}",
                "{\"weight_map\": 1}",
                "{\"weight_map\": {\"a\": 1}}",
                "{\"weight_map\": {\"a\": null}}",
                "{\"weight_map\": {\"a\": \"x.safetensors\"}} more",
                "{\"weight_map\": {\"a\": \"x.safetensors\", \"a\": \"y.safetensors\"}}",
                "{\"weight_map\": {\"a\": \"x.safetensors\"}",
                "{'weight_map': {}}"
            })
    void damagedJsonIsExplained(String json) {
        write(json);
        refused(index + "#a", "is a malformed index of .safetensors files: ");
    }

    @Test
    void otherKindsOfFilesAreExplained() throws Exception {
        write("{\"weight_map\": {}}");
        refused(index + "#a", "holds no tensor");
        Path directory = TestFiles.folder(folder.resolve("d.safetensors.index.json"));
        refused(directory + "#a", "is a directory");
        Path pipe = Pipes.make(folder.resolve("p.safetensors.index.json"));
        refused(pipe + "#a", "is a pipe or a device, expected a file with its .safetensors files beside it");
    }

    @Test
    void aReaderHasTheTensorsOfAllShards() throws IOException {
        try (SafetensorsReader reader = SafetensorsReader.open(index)) {
            assertEquals(Set.of("a.weight", "a.bias", "b.weight", "b.num_batches_tracked"), reader.names());
            assertEquals(
                    List.of("a.weight", "a.bias", "b.weight", "b.num_batches_tracked"), List.copyOf(reader.names()));
            assertEquals("BF16", reader.dtype("b.weight"));
            assertArrayEquals(new double[] {5, 6}, reader.doubles("b.weight"));
            assertEquals(12, reader.number("b.num_batches_tracked"));
            Files.delete(folder.resolve(FIRST));
            TensorFileTest.assertOneLine(
                    index,
                    assertThrows(TensorFileException.class, () -> reader.shape("a.bias")),
                    "places tensor 'a.bias' in " + FIRST + ": no such file");
            TensorFileTest.assertOneLine(
                    index, assertThrows(TensorFileException.class, () -> reader.shape("c")), "has no tensor 'c'");
        }
    }
}
