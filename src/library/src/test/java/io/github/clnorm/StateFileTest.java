package io.github.clnorm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.device.ClException;
import io.github.clnorm.internal.opencl.JoclOpenCl;
import io.github.clnorm.internal.runtime.Session;
import io.github.clnorm.tensorfile.TensorFile;
import io.github.clnorm.tensorfile.TensorFileException;
import io.github.clnorm.tensorfile.TensorOutput;
import io.github.clnorm.tensorfile.TestFiles;
import io.github.clnorm.testing.FaultyOpenCl;
import io.github.clnorm.testing.OnEveryDevice;
import io.github.clnorm.testing.TestDevices;
import io.github.clnorm.type.ElementType;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files of states: PyTorch's names, all or nothing, and every reason to reject one. */
@Tag("device")
class StateFileTest {

    private static final float[] WEIGHT = {1, 2, 3, 4};
    private static final float[] BIAS = {-1, -2, -3, -4};

    @TempDir
    private Path folder;

    private final Backend backend = TestDevices.first();
    private GroupNorm group;
    private BatchNorm batch;
    private Map<String, Layer> layers;
    private Path file;

    @BeforeEach
    void setUp() {
        group = GroupNorm.of(backend, 2, 4);
        batch = BatchNorm.of2d(backend, 2);
        layers = new LinkedHashMap<>();
        layers.put("down.0.norm", group);
        layers.put("bn", batch);
        file = folder.resolve("state.safetensors");
    }

    @AfterEach
    void tearDown() {
        Layers.of(group, batch).close();
    }

    private void change() {
        group.weight().set(WEIGHT);
        group.bias().set(BIAS);
        batch.runningMean().set(new float[] {0.5f, 0.25f});
        batch.runningVar().set(new float[] {2, 3});
        batch.numBatchesTracked(1234567890123L);
    }

    private void assertUnchanged() {
        assertArrayEquals(new float[] {1, 1, 1, 1}, group.weight().toFloats());
        assertArrayEquals(new float[4], group.bias().toFloats());
        assertArrayEquals(new float[2], batch.runningMean().toFloats());
        assertEquals(0, batch.numBatchesTracked());
    }

    private void assertChanged() {
        assertArrayEquals(WEIGHT, group.weight().toFloats());
        assertArrayEquals(BIAS, group.bias().toFloats());
        assertArrayEquals(new float[] {0.5f, 0.25f}, batch.runningMean().toFloats());
        assertArrayEquals(new float[] {2, 3}, batch.runningVar().toFloats());
        assertEquals(1234567890123L, batch.numBatchesTracked());
    }

    private void reset() {
        group.weight().set(new float[] {1, 1, 1, 1});
        group.bias().set(new float[4]);
        batch.runningMean().set(new float[2]);
        batch.runningVar().set(new float[] {1, 1});
        batch.numBatchesTracked(0);
    }

    private String rejected() {
        String message = assertThrows(IllegalArgumentException.class, () -> StateFile.load(file, layers))
                .getMessage();
        assertTrue(message.startsWith(file + ": "), message);
        assertEquals(1, message.lines().count(), message);
        return message;
    }

    /** Writes single tensors into the file, beside those that it has. */
    private void add(Object... namesAndValues) throws IOException {
        try (TensorOutput output = new TensorOutput()) {
            for (int i = 0; i < namesAndValues.length; i += 2) {
                String name = file + "#" + namesAndValues[i];
                if (namesAndValues[i + 1] instanceof Long number) {
                    output.writeLong(name, number);
                } else {
                    float[] values = (float[]) namesAndValues[i + 1];
                    output.write(name, values, values.length);
                }
            }
            output.commit();
        }
    }

    @OnEveryDevice
    void aFileHasPyTorchsNamesAndLoadsAgain(Backend device) throws IOException {
        try (GroupNorm norm = GroupNorm.of(device, 2, 4);
                BatchNorm counting = BatchNorm.of1d(device, 2);
                RmsNorm other = RmsNorm.of(device, 2, 3)) {
            norm.weight().set(WEIGHT);
            counting.numBatchesTracked(3);
            other.weight().set(new float[] {6, 5, 4, 3, 2, 1});
            StateFile.save(file, Map.of("a.b", norm, "", counting, "rms", other));
            assertArrayEquals(WEIGHT, TensorFile.open(file + "#a.b.weight").readFloats());
            assertEquals(3, TensorFile.readLong(file + "#num_batches_tracked"));
            assertArrayEquals(
                    new long[] {2, 3}, TensorFile.open(file + "#rms.weight").shape());
            norm.weight().set(new float[4]);
            counting.numBatchesTracked(0);
            other.weight().set(new float[6]);
            LoadReport report = StateFile.load(file, Map.of("a.b", norm, "", counting, "rms", other));
            assertTrue(report.isComplete());
            assertEquals(8, report.loaded().size());
            assertArrayEquals(WEIGHT, norm.weight().toFloats());
            assertArrayEquals(new float[] {6, 5, 4, 3, 2, 1}, other.weight().toFloats());
            assertEquals(3, counting.numBatchesTracked());
        }
    }

    @Test
    void loadingReportsNamesInPyTorchsOrder() throws IOException {
        change();
        StateFile.save(file, layers);
        reset();
        assertEquals(
                List.of(
                        "down.0.norm.weight",
                        "down.0.norm.bias",
                        "bn.weight",
                        "bn.bias",
                        "bn.running_mean",
                        "bn.running_var",
                        "bn.num_batches_tracked"),
                StateFile.load(file, layers).loaded());
        assertChanged();
    }

    @Test
    void savingReplacesAllTensorsOfAnExistingFile() throws IOException {
        add("stale", new float[3]);
        StateFile.save(file, layers);
        assertTrue(StateFile.load(file, layers).isComplete());
        StateFile.save(file, Map.of());
        assertEquals(
                7, StateFile.load(file, layers, Strictness.LENIENT).missing().size());
        assertTrue(StateFile.load(file, Map.of()).isComplete());
    }

    @Test
    void allProblemsAreInOneMessageAndNothingIsChanged() throws IOException {
        add(
                "down.0.norm.weight",
                WEIGHT,
                "down.0.norm.bias",
                new float[3],
                "bn.weight",
                5L,
                "bn.bias",
                new float[2],
                "bn.running_mean",
                new float[] {8, 9},
                "bn.num_batches_tracked",
                new float[1],
                "up.norm.weight",
                new float[4],
                "up.norm\nbias",
                new float[4]);
        assertEquals(
                file + ": does not fit the layers: missing: bn.running_var; unexpected: up.norm.weight, up.norm?bias;"
                        + " down.0.norm.bias has shape [3], expected [4];"
                        + " bn.weight holds I64, expected F16, BF16, F32 or F64;"
                        + " bn.num_batches_tracked holds F32, expected a whole number, such as I64",
                rejected());
        assertUnchanged();
        LoadReport report = StateFile.load(file, layers, Strictness.LENIENT);
        assertFalse(report.isComplete());
        assertEquals(List.of("down.0.norm.weight", "bn.bias", "bn.running_mean"), report.loaded());
        assertEquals(List.of("bn.running_var"), report.missing());
        assertEquals(List.of("up.norm.weight", "up.norm\nbias"), report.unexpected());
        assertEquals("has shape [3], expected [4]", report.mismatched().get("down.0.norm.bias"));
        assertEquals(3, report.mismatched().size());
        assertArrayEquals(WEIGHT, group.weight().toFloats());
        assertArrayEquals(new float[4], group.bias().toFloats());
        assertArrayEquals(new float[] {8, 9}, batch.runningMean().toFloats());
    }

    @Test
    void everyNameIsRequired() throws IOException {
        StateFile.save(file, layers);
        byte[] whole = Files.readAllBytes(file);
        for (String name : StateFile.load(file, layers).loaded()) {
            // A name of the same length, so that the header stays valid.
            String other = name.substring(0, name.length() - 1) + "_";
            TestFiles.write(file, replaced(whole, "\"" + name + "\"", "\"" + other + "\""));
            String message = rejected();
            assertTrue(message.contains("missing: " + name + "; unexpected: " + other), message);
        }
    }

    private static byte[] replaced(byte[] bytes, String from, String to) {
        Charset latin = StandardCharsets.ISO_8859_1;
        String text = new String(bytes, latin);
        assertTrue(text.contains(from), from);
        return text.replace(from, to).getBytes(latin);
    }

    @Test
    void valuesAreRoundedToTheLayersType() throws IOException {
        try (TensorOutput output = new TensorOutput()) {
            output.write(file + "#weight", ElementType.FLOAT16, new float[] {1, 0.5f, 65504, 0.1f}, 4);
            output.write(file + "#bias", ElementType.FLOAT64, new double[] {0.1, 1e-300, -1e300, 3}, 4);
            output.commit();
        }
        StateFile.load(file, Map.of("", group));
        assertArrayEquals(
                new float[] {1, 0.5f, 65504, 0.099975586f}, group.weight().toFloats());
        assertArrayEquals(
                new float[] {0.1f, 0, Float.NEGATIVE_INFINITY, 3}, group.bias().toFloats());
        try (GroupNorm half = GroupNorm.builder(backend, 2, 4)
                .parameterType(ElementType.BFLOAT16)
                .build()) {
            StateFile.load(file, Map.of("", half));
            assertArrayEquals(
                    new float[] {1, 0.5f, 65536, 0x1.9ap-4f}, half.weight().toFloats());
            StateFile.save(file, Map.of("", half));
            assertEquals(ElementType.BFLOAT16, TensorFile.open(file + "#weight").type());
        }
    }

    @Test
    void aCountIsAnyWholeNumberOfOneElement() throws IOException {
        assertCount("I64", "[]", TestFiles.doubles(Double.longBitsToDouble(7)), 7);
        assertCount("I32", "[1]", TestFiles.floats(Float.intBitsToFloat(9)), 9);
        assertCountRejected("I64", "[2]", new byte[16], "num_batches_tracked has shape [2], expected []");
        assertCountRejected("I64", "[1,1]", new byte[8], "num_batches_tracked has shape [1, 1], expected []");
        assertCountRejected("I64", "[0]", new byte[0], "num_batches_tracked has shape [0], expected []");
        byte[] minusOne = new byte[8];
        Arrays.fill(minusOne, (byte) -1);
        assertCountRejected("I64", "[]", minusOne, "num_batches_tracked is -1, expected 0 or more");
    }

    private void writeWithCount(String type, String shape, byte[] count) {
        String entries = TestFiles.entry("num_batches_tracked", type, shape, 0, count.length);
        int at = count.length;
        for (String name : List.of("weight", "bias", "running_mean", "running_var")) {
            entries += "," + TestFiles.entry(name, "F32", "[2]", at, at + 8);
            at += 8;
        }
        TestFiles.write(file, TestFiles.safetensors("{" + entries + "}", TestFiles.join(count, new byte[32])));
    }

    private void assertCount(String type, String shape, byte[] count, long expected) {
        writeWithCount(type, shape, count);
        StateFile.load(file, Map.of("", batch));
        assertEquals(expected, batch.numBatchesTracked());
    }

    private void assertCountRejected(String type, String shape, byte[] count, String expected) {
        writeWithCount(type, shape, count);
        layers = Map.of("", batch);
        String message = rejected();
        assertTrue(message.endsWith(expected), message);
    }

    /** As torchvision: a FrozenBatchNorm replaces the BatchNorm whose state it loads. */
    @Test
    void aFrozenBatchNormLoadsTheStateOfABatchNorm() throws IOException {
        change();
        StateFile.save(file, Map.of("bn", batch));
        try (FrozenBatchNorm frozen = FrozenBatchNorm.of(backend, 2)) {
            LoadReport report = StateFile.load(file, Map.of("bn", frozen));
            assertTrue(report.isComplete());
            assertEquals(4, report.loaded().size());
            assertArrayEquals(new float[] {2, 3}, frozen.runningVar().toFloats());
        }
    }

    @Test
    void malformedFilesAreRejectedInBothModes() throws IOException {
        change();
        StateFile.save(file, layers);
        reset();
        byte[] whole = Files.readAllBytes(file);
        String duplicate =
                "{" + TestFiles.entry("w", "F32", "[1]", 0, 4) + "," + TestFiles.entry("w", "F32", "[1]", 4, 8) + "}";
        List<byte[]> malformed = List.of(
                new byte[0],
                Arrays.copyOf(whole, 20),
                Arrays.copyOf(whole, whole.length - 1),
                Arrays.copyOf(whole, whole.length + 1),
                TestFiles.safetensors(duplicate, new byte[8]));
        for (byte[] bytes : malformed) {
            TestFiles.write(file, bytes);
            for (Strictness strictness : Strictness.values()) {
                assertThrows(TensorFileException.class, () -> StateFile.load(file, layers, strictness));
            }
            rejected();
            assertUnchanged();
        }
        TestFiles.write(file, new byte[] {'P', 'K', 3, 4, 0, 0, 0, 0, 0, 0});
        assertTrue(rejected().contains("is a zip archive, as torch.save writes"));
        Path directory = TestFiles.folder(folder.resolve("d"));
        assertThrows(TensorFileException.class, () -> StateFile.load(directory, layers));
        assertThrows(TensorFileException.class, () -> StateFile.save(directory, layers));
        assertThrows(TensorFileException.class, () -> StateFile.load(folder.resolve("none"), layers));
        assertThrows(TensorFileException.class, () -> StateFile.save(directory.resolve("none/x"), layers));
        assertThrows(TensorFileException.class, () -> StateFile.save(file, Map.of("\ud800", group)));
        assertArrayEquals(
                new String[] {"d", "state.safetensors"}, sorted(folder.toFile().list()), "no temporary file");
    }

    @Test
    void aModelInSeveralFilesIsLoadedByItsIndex() throws IOException {
        change();
        StateFile.save(folder.resolve("two.safetensors"), Map.of("bn", batch));
        StateFile.save(folder.resolve("one.safetensors"), Map.of("down.0.norm", group));
        reset();
        StringBuilder map = new StringBuilder();
        for (String name : List.of("weight", "bias", "running_mean", "running_var", "num_batches_tracked")) {
            map.append("\"bn.").append(name).append("\": \"two.safetensors\", ");
        }
        String both = map + "\"down.0.norm.weight\": \"one.safetensors\", \"down.0.norm.bias\": \"one.safetensors\"";
        Path index = folder.resolve("model.safetensors.index.json");
        writeIndex(index, both);
        assertEquals(7, StateFile.load(index, layers).loaded().size());
        assertChanged();
        reset();
        // A file that no layer needs may be missing.
        writeIndex(index, both + ", \"conv.weight\": \"three.safetensors\"");
        LoadReport report = StateFile.load(index, layers, Strictness.LENIENT);
        assertEquals(List.of("conv.weight"), report.unexpected());
        assertChanged();
        reset();
        Files.delete(folder.resolve("two.safetensors"));
        for (Strictness strictness : Strictness.values()) {
            String message = assertThrows(TensorFileException.class, () -> StateFile.load(index, layers, strictness))
                    .getMessage();
            assertTrue(message.contains("places tensor 'bn.weight' in two.safetensors: no such file"), message);
            assertUnchanged();
        }
    }

    private static void writeIndex(Path index, String map) {
        TestFiles.write(index, ("{\"weight_map\": {" + map + "}}").getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void dimensionsOfOneAreIgnored() throws IOException {
        change();
        StateFile.save(file, layers);
        reset();
        try (TensorOutput output = new TensorOutput()) {
            output.write(file + "#down.0.norm.weight", new float[] {5, 6, 7, 8}, 4, 1, 1);
            output.write(file + "#down.0.norm.bias", new float[] {1, 2, 3, 4}, 1, 4, 1, 1);
            output.commit();
        }
        StateFile.load(file, layers);
        assertArrayEquals(new float[] {5, 6, 7, 8}, group.weight().toFloats());
        assertArrayEquals(new float[] {1, 2, 3, 4}, group.bias().toFloats());
        try (TensorOutput output = new TensorOutput()) {
            output.write(file + "#down.0.norm.bias", new float[] {1, 2, 3, 4}, 2, 2);
            output.commit();
        }
        String message = assertThrows(IllegalArgumentException.class, () -> StateFile.load(file, layers))
                .getMessage();
        assertTrue(message.contains("down.0.norm.bias has shape [2, 2], expected [4]"), message);
    }

    private static String[] sorted(String... names) {
        Arrays.sort(names);
        return names;
    }

    @Test
    void aLayerHasOneName() {
        String message = assertThrows(
                        IllegalArgumentException.class,
                        () -> StateFile.save(file, new TreeMap<>(Map.of("a", group, "b", group))))
                .getMessage();
        assertEquals(
                "Expected one name for each layer, but GroupNorm(2, 4, eps=1e-05, affine=True) is named 'a' and 'b'",
                message);
        assertThrows(IllegalArgumentException.class, () -> StateFile.load(file, Map.of("a", group, "b", group)));
        assertFalse(Files.exists(file));
    }

    @Test
    void closedLayersAreRejectedBeforeOthersAreChanged() throws IOException {
        change();
        StateFile.save(file, layers);
        reset();
        batch.close();
        assertThrows(IllegalStateException.class, () -> StateFile.load(file, layers));
        assertThrows(IllegalStateException.class, () -> StateFile.save(file, layers));
        assertThrows(IllegalStateException.class, batch::state);
        assertArrayEquals(new float[4], group.bias().toFloats());
    }

    @Test
    void nullsAreRejected() {
        Map<String, Layer> withNull = new LinkedHashMap<>();
        withNull.put("a", null);
        assertThrows(NullPointerException.class, () -> StateFile.save(file, withNull));
        assertThrows(NullPointerException.class, () -> StateFile.save(null, layers));
        assertThrows(NullPointerException.class, () -> StateFile.load(null, layers));
        assertThrows(NullPointerException.class, () -> StateFile.load(file, null));
        assertThrows(NullPointerException.class, () -> StateFile.load(file, layers, null));
    }

    /** A tensor that a transfer is writing cannot be loaded. The layers before it in the file keep their values, too. */
    @Test
    void aTensorThatIsBeingWrittenRejectsTheLoad() throws IOException {
        change();
        StateFile.save(file, layers);
        reset();
        batch.bias().write((at, piece) -> {
            String message = assertThrows(IllegalStateException.class, () -> StateFile.load(file, layers))
                    .getMessage();
            assertTrue(message.contains("writing") || message.contains("written"), message);
            assertThrows(IllegalStateException.class, () -> StateFile.save(file, layers));
        });
        assertUnchanged();
    }

    @Test
    void aLoadIsAWrite() throws IOException {
        StateFile.save(file, layers);
        try (Tensor x = backend.tensor(new float[16], 1, 4, 4);
                Recorded pass = group.record(x);
                Tensor dy = backend.tensor(new float[16], 1, 4, 4)) {
            StateFile.load(file, layers);
            String message = assertThrows(IllegalStateException.class, () -> pass.backward(dy))
                    .getMessage();
            assertTrue(message.contains("last written by StateFile.load"), message);
        }
    }

    /** Copying to the device fails halfway. The layers of the other backend keep their values, too. */
    @Test
    void aFailingDeviceChangesNothing() throws IOException {
        FaultyOpenCl faulty = new FaultyOpenCl(JoclOpenCl.open(backend.device(), false));
        try (Backend failing = new Backend(new Session(faulty.port(), backend.device()))) {
            change();
            GroupNorm last = GroupNorm.of(failing, 2, 4);
            layers.put("last", last);
            StateFile.save(file, layers);
            reset();
            last.weight().set(WEIGHT);
            int open = backend.session().openBuffers() + failing.session().openBuffers();
            faulty.fail("write", 2);
            assertThrows(ClException.class, () -> StateFile.load(file, layers));
            faulty.heal();
            assertUnchanged();
            assertArrayEquals(WEIGHT, last.weight().toFloats());
            assertEquals(
                    open, backend.session().openBuffers() + failing.session().openBuffers());
            StateFile.load(file, layers);
            assertChanged();
            assertArrayEquals(new float[] {1, 1, 1, 1}, last.weight().toFloats());
        }
    }

    @Test
    void neitherLeavesTensorsOpen() throws IOException {
        int open = backend.session().openBuffers();
        StateFile.save(file, layers);
        StateFile.load(file, layers);
        add("other", new float[1]);
        rejected();
        assertEquals(open, backend.session().openBuffers());
    }
}
