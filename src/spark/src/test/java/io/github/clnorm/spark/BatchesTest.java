package io.github.clnorm.spark;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.Backend;
import io.github.clnorm.Fingerprint;
import io.github.clnorm.Tensor;
import io.github.clnorm.device.ClException;
import io.github.clnorm.type.ElementType;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Batches of a partition without Spark, on a device that has little memory. */
class BatchesTest {
    private static final int COUNT = 13;
    private static final int SAMPLE_BYTES = Samples.ELEMENTS * 4;

    /** Counts for one partition. */
    private static final class Work implements PartitionWork {
        private int fallbacks;
        private long samples;
        private boolean ended;

        @Override
        public int partition() {
            return 2;
        }

        @Override
        public void waited(long nanoseconds) {}

        @Override
        public void fellBack() {
            fallbacks++;
        }

        @Override
        public void computed(Fingerprint device, int some, int invalid, long bytes) {
            samples += some;
        }

        @Override
        public void ended() {
            ended = true;
        }
    }

    /** A device without memory for more than a number of samples. */
    private record Small(DevicePass pass, int most, int code) implements DevicePass {
        @Override
        public Fingerprint fingerprint() {
            return pass.fingerprint();
        }

        @Override
        public Tensor enqueue(ElementType type, ByteBuffer elements) {
            if (elements.remaining() > most * SAMPLE_BYTES) {
                throw new ClException(code, "clCreateBuffer", "a small device");
            }
            return pass.enqueue(type, elements);
        }

        @Override
        public void finish(Tensor batch, ByteBuffer elements) {
            pass.finish(batch, elements);
        }

        @Override
        public void trim() {
            pass.trim();
        }

        @Override
        public void close() {
            pass.close();
        }
    }

    private static NormalizationRequest request(int batch) {
        return new NormalizationRequest(Samples.spec(), Samples.SHAPE, batch, 1 << 20, OnBadRow.FAIL);
    }

    private static List<float[]> samples() {
        return IntStream.range(0, COUNT)
                .mapToObj(i -> Samples.floats(Samples.sample(i)))
                .toList();
    }

    private static List<float[]> results(Backend backend, int most, int code, Work work) {
        NormalizationRequest request = request(8);
        List<float[]> results = new ArrayList<>();
        try (Batches<float[], float[]> batches = new Batches<>(
                samples().iterator(),
                new FloatsCodec(Samples.ELEMENTS, Samples.SHAPE),
                request,
                () -> new Small(new LayerPass(request, backend), most, code),
                work)) {
            batches.forEachRemaining(results::add);
            assertFalse(batches.hasNext());
        }
        return results;
    }

    @Test
    void aBatchWithoutMemoryIsComputedInHalves() {
        List<double[]> expected = Samples.expected(COUNT);
        try (Backend backend = Backend.open()) {
            Work work = new Work();
            List<float[]> results = results(backend, 2, -4, work);
            assertEquals(COUNT, results.size());
            for (int i = 0; i < COUNT; i++) {
                assertArrayEquals(Samples.floats(expected.get(i)), results.get(i), "sample " + i);
            }
            // 8 in 4 + 4 in 2 + 2 each; 5 in 2 + 3, and 3 in 1 + 2.
            assertEquals(5, work.fallbacks);
            assertEquals(COUNT, work.samples);
            assertTrue(work.ended);
            assertEquals(0, backend.memory().tensors());
        }
    }

    @Test
    void otherFailuresAndSamplesWithoutMemoryAreThrown() {
        try (Backend backend = Backend.open()) {
            Work work = new Work();
            assertThrows(ClException.class, () -> results(backend, 2, -36, work));
            assertEquals(0, work.fallbacks);
            assertThrows(ClException.class, () -> results(backend, 0, -4, work));
            assertEquals(3, work.fallbacks);
            assertFalse(work.ended);
            assertEquals(0, backend.memory().tensors());
        }
    }

    @Test
    void aTaskThatEndsEarlyClosesItsTensors() {
        try (Backend backend = Backend.open()) {
            NormalizationRequest request = request(3);
            Work work = new Work();
            try (Batches<float[], float[]> batches = new Batches<>(
                    samples().iterator(),
                    new FloatsCodec(Samples.ELEMENTS, Samples.SHAPE),
                    request,
                    () -> new LayerPass(request, backend),
                    work)) {
                batches.next();
                assertEquals(1 + 2, backend.memory().tensors());
            }
            assertEquals(0, backend.memory().tensors());
            assertEquals(3, work.samples);
        }
    }

    @Test
    void aTaskThatEndsWhileARowIsReadIsReleasedByTheReader() {
        try (Backend backend = Backend.open()) {
            NormalizationRequest request = request(3);
            List<Batches<float[], float[]>> self = new ArrayList<>();
            // The task ends when the fifth row is asked for, in the second batch.
            Iterator<float[]> ending = samples().stream()
                    .peek(row -> {
                        if (self.size() == 5) {
                            self.get(0).close();
                        }
                        self.add(self.get(0));
                    })
                    .iterator();
            Batches<float[], float[]> batches = new Batches<>(
                    ending,
                    new FloatsCodec(Samples.ELEMENTS, Samples.SHAPE),
                    request,
                    () -> new LayerPass(request, backend),
                    new Work());
            self.add(batches);
            assertTrue(batches.hasNext());
            assertFalse(batches.hasNext());
            assertThrows(NoSuchElementException.class, batches::next);
            assertEquals(0, backend.memory().tensors());
        }
    }

    @Test
    void memoryGrowsWithTheSamplesOfABatch() {
        int elements = 1 << 20;
        int count = 45;
        NormalizationRequest request = new NormalizationRequest(
                Samples.spec(), new long[] {elements}, Integer.MAX_VALUE, 1 << 30, OnBadRow.FAIL);
        Batch<Integer> batch = new Batch<>(request);
        for (int i = 0; i < count; i++) {
            batch.place(ElementType.FLOAT32).putFloat(0, i).putFloat((elements - 1) * 4, -i);
            batch.addSample(i);
        }
        for (int i = 0; i < count; i++) {
            ByteBuffer sample = batch.result(i).elements();
            assertEquals(i, sample.getFloat(0));
            assertEquals(-i, sample.getFloat((elements - 1) * 4));
        }
        assertEquals((long) count * elements * 4, batch.bytes());
        assertEquals(4 * count * elements, batch.all().remaining());
        batch.release();
        HostBuffers.clear();
    }

    @Test
    void missingMemoryIsASentenceThatNamesTheSettings() {
        String message = assertThrows(
                        IllegalStateException.class,
                        () -> HostBuffers.allocate(1 << 20, bytes -> {
                            throw new OutOfMemoryError("Cannot reserve " + bytes + " bytes");
                        }))
                .getMessage();
        assertTrue(
                message.startsWith("no memory for a batch of 1048576 bytes outside the heap (Cannot reserve 1048576"),
                message);
        assertTrue(message.contains("batchBytes(…)") && message.contains("-XX:MaxDirectMemorySize"), message);
    }
}
