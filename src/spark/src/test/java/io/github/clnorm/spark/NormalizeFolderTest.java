package io.github.clnorm.spark;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.Backend;
import io.github.clnorm.Layer;
import io.github.clnorm.NormSpec;
import io.github.clnorm.Tensor;
import io.github.clnorm.tensorfile.NpyTensor;
import io.github.clnorm.tensorfile.TensorFile;
import java.io.StringWriter;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The program in examples/spark: compiled without a warning, run, and its Parquet compared with the library alone. */
class NormalizeFolderTest {
    @TempDir
    Path folder;

    /** The project's folder: the build's output is in it. */
    private static Path examples() {
        return Path.of(System.getenv("SPARK_HOME")).resolve("../../examples").normalize();
    }

    private void compile() throws Exception {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        StringWriter errors = new StringWriter();
        try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, StandardCharsets.UTF_8)) {
            List<String> options = List.of(
                    "-Xlint:all,-classfile,-processing,-path",
                    "-Werror",
                    "-cp",
                    System.getProperty("java.class.path"),
                    "-d",
                    folder.toString());
            boolean compiled = compiler.getTask(
                            errors,
                            files,
                            null,
                            options,
                            null,
                            files.getJavaFileObjects(examples().resolve("spark/NormalizeFolder.java")))
                    .call();
            assertTrue(compiled, errors.toString());
        }
    }

    private static float[] expected(Path file) {
        TensorFile tensor = TensorFile.open(file);
        try (Backend backend = Backend.open();
                Layer layer = NormSpec.layerNorm(80, 96).on(backend);
                Tensor x = backend.tensor(tensor.readFloats(), tensor.shape());
                Tensor y = layer.infer(x)) {
            return y.toFloats();
        }
    }

    private static float[] values(byte[] bytes) {
        NpyTensor npy = NpyTensor.of(bytes);
        assertArrayEquals(new long[] {2, 16, 80, 96}, npy.shape());
        float[] values = new float[2 * 16 * 80 * 96];
        ByteBuffer elements = ByteBuffer.allocate(4 * values.length).order(ByteOrder.nativeOrder());
        npy.read(elements);
        elements.flip().asFloatBuffer().get(values);
        return values;
    }

    @Test
    void theExampleWritesWhatTheLibraryComputes() throws Exception {
        compile();
        Path input = Files.createDirectory(folder.resolve("input"));
        Path maps = examples().resolve("feature-maps.npy");
        Files.copy(maps, input.resolve("a.npy"));
        Files.copy(maps, input.resolve("b.npy"));
        Files.writeString(input.resolve("c.npy"), "no tensor");
        Files.writeString(input.resolve("d.txt"), "no tensor");
        String output = folder.resolve("output").toString();
        try (URLClassLoader classes =
                        new URLClassLoader(new URL[] {folder.toUri().toURL()});
                Cluster cluster = Cluster.local()) {
            assertEquals("local[2]", cluster.context().master());
            classes.loadClass("NormalizeFolder")
                    .getMethod("main", String[].class)
                    .invoke(null, (Object) new String[] {input.toString(), output});
        }
        Map<String, byte[]> results = new HashMap<>();
        String device;
        try (Cluster cluster = Cluster.local()) {
            List<Row> rows = cluster.session().read().parquet(output).collectAsList();
            rows.forEach(row ->
                    results.put(Path.of(row.<String>getAs("path")).getFileName().toString(), row.getAs("content")));
            device = rows.stream()
                    .filter(row -> row.getAs("content") != null)
                    .map(row -> row.<String>getAs("device"))
                    .distinct()
                    .reduce("", String::concat);
        }
        assertEquals(3, results.size());
        assertArrayEquals(expected(maps), values(results.get("a.npy")));
        assertArrayEquals(expected(maps), values(results.get("b.npy")));
        assertEquals(null, results.get("c.npy"));
        try (Backend backend = Backend.open()) {
            assertEquals(backend.fingerprint().toString(), device);
        }
    }
}
