package io.github.clnorm.internal.fleet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.testing.TestInfo;
import io.github.clnorm.type.ElementType;
import io.github.clnorm.type.Layout;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Weights in a file: stored, merged, and recovered. */
class ShareStoreTest {

    private static final ShareSearch.Found FOUND =
            new ShareSearch.Found(new double[] {0.75, 0.25}, new double[] {10_000, 30_000}, 7_500, List.of("", ""));
    private static final ShareSearch.Found ONE = new ShareSearch.Found(
            new double[] {0, 1},
            new double[] {Double.POSITIVE_INFINITY, 30_000},
            30_000,
            List.of("it does not compute in double precision", ""));

    @TempDir
    private Path folder;

    private Path file;

    @BeforeEach
    void name() {
        file = folder.resolve("cache").resolve("fleet.json");
    }

    private static ShareKey key(String operation) {
        return ShareKey.of(
                List.of(TestInfo.GPU, TestInfo.CPU), operation, ElementType.FLOAT16, Layout.CHANNELS_LAST, 10, 5000);
    }

    private void assertStored(ShareSearch.Found expected, String operation) {
        ShareSearch.Found found = ShareStore.at(file).get(key(operation)).orElseThrow();
        assertArrayEquals(expected.weights(), found.weights());
        assertArrayEquals(expected.alone(), found.alone());
        assertEquals(expected.together(), found.together());
        assertEquals(expected.leftOut(), found.leftOut());
    }

    @Test
    void weightsAreFoundAgain() {
        ShareStore store = ShareStore.at(file);
        assertTrue(store.get(key("group_norm")).isEmpty());
        store.put(key("group_norm"), FOUND);
        store.put(key("rms_norm"), ONE);
        assertStored(FOUND, "group_norm");
        assertStored(ONE, "rms_norm");
        assertTrue(ShareStore.at(file).get(key("layer_norm")).isEmpty());
    }

    @Test
    void theKeyHasSizesAsPowersOfTwo() {
        assertEquals(8192, key("group_norm").sampleBytes());
        assertEquals(65_536, key("group_norm").bytes());
        ShareKey large = ShareKey.of(
                List.of(TestInfo.GPU), "group_norm", ElementType.FLOAT32, Layout.CHANNELS_FIRST, 1 << 20, 1 << 20);
        assertEquals(1 << 30, large.bytes());
    }

    @Test
    void storesOfTwoProcessesAreMerged() {
        ShareStore one = ShareStore.at(file);
        ShareStore other = ShareStore.at(file);
        assertTrue(one.get(key("group_norm")).isEmpty());
        assertTrue(other.get(key("rms_norm")).isEmpty());
        one.put(key("group_norm"), FOUND);
        other.put(key("rms_norm"), ONE);
        assertStored(FOUND, "group_norm");
        assertStored(ONE, "rms_norm");
    }

    @Test
    void valuesOfOtherVersionsArePreserved() throws IOException {
        ShareStore.at(file).put(key("group_norm"), FOUND);
        String text = Files.readString(file);
        Files.writeString(file, text.replace("\"entries\": [", "\"entries\": [\n{\"of\": \"a later version\"},"));
        ShareStore.at(file).put(key("rms_norm"), ONE);
        assertTrue(Files.readString(file).contains("a later version"));
        assertStored(FOUND, "group_norm");
        assertStored(ONE, "rms_norm");
    }

    @Test
    void weightsThatDoNotFitTheDevicesAreNotUsed() throws IOException {
        ShareStore.at(file).put(key("group_norm"), FOUND);
        Files.writeString(file, Files.readString(file).replace("[0.75, 0.25]", "[0.75, 0.75]"));
        assertTrue(ShareStore.at(file).get(key("group_norm")).isEmpty());
    }

    @Test
    void aDamagedFileIsSetAside() throws IOException {
        ShareStore.at(file).put(key("group_norm"), FOUND);
        Files.writeString(file, "{\"format\": 1, ");
        ShareStore store = ShareStore.at(file);
        assertTrue(store.get(key("group_norm")).isEmpty());
        store.put(key("rms_norm"), ONE);
        assertTrue(Files.exists(file.resolveSibling("fleet.json.damaged")));
        assertStored(ONE, "rms_norm");
    }

    @Test
    void withoutAFileWeightsLastAsLongAsTheObject() {
        ShareStore store = ShareStore.at(
                folder.resolve("fleet.json").resolve("a file is no folder").resolve("x"));
        store.put(key("group_norm"), FOUND);
        assertTrue(store.get(key("group_norm")).isPresent());
        assertFalse(Files.exists(file));
    }
}
