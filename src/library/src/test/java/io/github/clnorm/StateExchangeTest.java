package io.github.clnorm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.tensorfile.SafetensorsReader;
import io.github.clnorm.testing.Errors;
import io.github.clnorm.testing.TestDevices;
import io.github.clnorm.type.ElementType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** States that libtorch and clnorm exchange. The generator of the conformance data writes the files, see StateData. */
@Tag("device")
class StateExchangeTest {

    private static final Path FILES = Path.of("src/library/src/test/resources/io/github/clnorm/state");
    private static final Path OF_LIBTORCH = FILES.resolve("libtorch.safetensors");
    private static final Path OF_CLNORM = FILES.resolve("clnorm.safetensors");

    @TempDir
    private Path folder;

    private final Backend backend = TestDevices.first();
    private final Map<String, Layer> layers = new LinkedHashMap<>();
    private BatchNorm batch;
    private InstanceNorm instance;

    @BeforeEach
    void setUp() {
        batch = BatchNorm.of2d(backend, 3);
        instance = InstanceNorm.builder(backend, 3, 2)
                .affine(true)
                .trackRunningStats(true)
                .build();
        layers.put("down.0.norm", GroupNorm.of(backend, 2, 4));
        layers.put("bn", batch);
        layers.put("in", instance);
        layers.put("ln", LayerNorm.of(backend, 5));
        layers.put("rms", RmsNorm.of(backend, 5));
    }

    private Layers all() {
        return Layers.of(layers.values().toArray(new Layer[0]));
    }

    @AfterEach
    void tearDown() {
        all().close();
    }

    private byte[] saved() throws IOException {
        Path file = folder.resolve("saved.safetensors");
        StateFile.save(file, layers);
        return Files.readAllBytes(file);
    }

    private void assertOutputs(String prefix) {
        all().eval();
        try (SafetensorsReader results = SafetensorsReader.open(FILES.resolve("results.safetensors"))) {
            layers.forEach((name, layer) -> {
                long[] shape = results.shape(name + "/input");
                try (Tensor x = backend.tensor(ElementType.FLOAT32, results.doubles(name + "/input"), shape);
                        Tensor y = layer.infer(x)) {
                    Errors.assertClose(
                            results.doubles(prefix + name + "/output"), y.toFloats(), Errors.FORWARD, prefix + name);
                }
            });
        }
    }

    @Test
    void aFileOfLibtorchLoadsAndIsSavedByteForByte() throws IOException {
        LoadReport report = StateFile.load(OF_LIBTORCH, layers);
        assertTrue(report.isComplete());
        assertEquals(2, batch.numBatchesTracked());
        assertEquals(0, instance.numBatchesTracked());
        assertOutputs("libtorch/");
        assertArrayEquals(Files.readAllBytes(OF_LIBTORCH), saved());
    }

    /** The bytes are those that the generator loaded into libtorch's modules. */
    @Test
    void aFileOfClnormIsTheOneThatLibtorchLoaded() throws IOException {
        layers.values().forEach(StateExchangeTest::fill);
        batch.numBatchesTracked(1234567890123L);
        assertArrayEquals(Files.readAllBytes(OF_CLNORM), saved());
        assertOutputs("clnorm/");
    }

    /** Element i of tensor t of a layer is 0.5 + t + i / 8, as in StateData. */
    private static void fill(Layer layer) {
        float first = 0.5f;
        for (Tensor tensor : layer.state().values()) {
            float[] values = new float[(int) tensor.elements()];
            for (int i = 0; i < values.length; i++) {
                values[i] = first + i / 8f;
            }
            tensor.set(values);
            first++;
        }
    }

    @Test
    void typesAreConvertedAsLibtorchConvertsThem() {
        Map<ElementType, String> types = Map.of(ElementType.FLOAT16, "Half", ElementType.BFLOAT16, "BFloat16");
        try (SafetensorsReader results = SafetensorsReader.open(FILES.resolve("results.safetensors"))) {
            types.forEach((type, name) -> {
                try (GroupNorm norm =
                        GroupNorm.builder(backend, 2, 4).parameterType(type).build()) {
                    StateFile.load(OF_LIBTORCH, Map.of("down.0.norm", norm), Strictness.LENIENT);
                    assertArrayEquals(
                            results.doubles(name + "/weight"), norm.weight().toDoubles());
                }
            });
        }
    }
}
