package io.github.clnorm.bench.peers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CoresTest {

    @TempDir
    Path folder;

    private List<Integer> order(String allowed, String... siblings) throws IOException {
        Path status = Files.writeString(folder.resolve("status"), "Name:\tjava\nCpus_allowed_list:\t" + allowed + "\n");
        for (int processor = 0; processor < siblings.length; processor++) {
            Path topology = Files.createDirectories(folder.resolve("cpu" + processor + "/topology"));
            Files.writeString(topology.resolve("thread_siblings_list"), siblings[processor] + "\n");
        }
        return Cores.order(status, folder);
    }

    @Test
    void eachThreadGetsACoreOfItsOwnFirst() throws IOException {
        assertEquals(List.of(0, 2, 1, 3), order("0-3", "0-1", "0-1", "2-3", "2-3"));
        assertEquals(List.of(0, 1, 2, 3), order("0-3", "0,2", "1,3", "0,2", "1,3"));
    }

    @Test
    void onlyAllowedProcessorsAreChosen() throws IOException {
        assertEquals(List.of(3, 5), order("3,5"));
    }

    @Test
    void moreThreadsThanProcessorsAreRejected() {
        assertThrows(IllegalArgumentException.class, () -> Cores.choose(0));
        assertTrue(assertThrows(IllegalArgumentException.class, () -> Cores.choose(100_000))
                .getMessage()
                .matches("--threads: expected 1 to \\d+, the processors that this process may use, got 100000"));
    }

    @Test
    void everyPeerGetsTheSameNumberOfThreads() {
        for (PeerName peer : PeerName.values()) {
            List<String> words = ProcessSettings.lines(peer, List.of(3)).lines().toList();
            assertEquals("env", words.get(0));
            assertTrue(words.contains("OMP_NUM_THREADS=1"));
            assertTrue(words.contains("OMP_PLACES={3}"));
            assertTrue(words.contains("POCL_MAX_PTHREAD_COUNT=1"));
            assertTrue(
                    ProcessSettings.lines(peer, List.of(0, 2)).lines().toList().contains("OMP_PLACES={0},{2}"));
        }
    }

    @Test
    void onlyTheVariantOfLibtorchGetsHugePagesFromTheAllocator() {
        for (PeerName peer : PeerName.values()) {
            String words = ProcessSettings.lines(peer, List.of(0));
            assertTrue(words.contains("MALLOC_CONF=dirty_decay_ms:-1,muzzy_decay_ms:-1"));
            assertEquals(peer == PeerName.LIBTORCH_HUGE_PAGES, words.contains("thp:always"), peer.toString());
        }
        assertFalse(PeerName.CLNORM.hugePages());
    }
}
