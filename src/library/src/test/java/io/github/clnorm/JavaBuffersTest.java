package io.github.clnorm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.testing.OnEveryDevice;
import io.github.clnorm.testing.TestDevices;
import io.github.clnorm.testing.Values;
import io.github.clnorm.type.Codec;
import io.github.clnorm.type.ElementType;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.CharBuffer;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.nio.ShortBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Tensors from and to java.nio buffers have the bits that arrays give, and buffers that do not fit are rejected. */
@Tag("device")
class JavaBuffersTest {

    private static final long[] SHAPE = {2, 3, 4};
    private static final int COUNT = 24;
    // Elements before the position and behind the limit.
    private static final int BEFORE = 3;
    private static final int BEHIND = 2;

    /** Memory for a buffer: its kind, and where its elements begin and end. */
    private record Memory(String name, Function<Integer, ByteBuffer> bytes) {

        static List<Memory> all() {
            return List.of(
                    new Memory("direct", size -> ByteBuffer.allocateDirect(size).order(ByteOrder.nativeOrder())),
                    new Memory("heap", size -> ByteBuffer.allocate(size).order(ByteOrder.nativeOrder())));
        }

        ByteBuffer raw(int elementBytes) {
            ByteBuffer raw = bytes.apply((BEFORE + COUNT + BEHIND) * elementBytes);
            raw.position(BEFORE * elementBytes).limit((BEFORE + COUNT) * elementBytes);
            return raw;
        }
    }

    private static <B extends Buffer> B inside(B buffer) {
        buffer.position(BEFORE).limit(BEFORE + COUNT);
        return buffer;
    }

    /** Buffers of every kind for a type: floats, doubles, raw halves and raw bytes, in this memory, filled. */
    private static List<Buffer> filled(Memory memory, ElementType type, float... values) {
        List<Buffer> all = new ArrayList<>();
        ByteBuffer bytes = memory.raw(type.bytes());
        Codec.encode(type, values, 0, bytes);
        all.add(bytes);
        FloatBuffer floats = inside(memory.bytes.apply(400).asFloatBuffer());
        floats.duplicate().put(values);
        all.add(floats);
        DoubleBuffer doubles = inside(memory.bytes.apply(400).asDoubleBuffer());
        for (int i = 0; i < COUNT; i++) {
            doubles.put(BEFORE + i, values[i]);
        }
        all.add(doubles);
        if (type.bytes() == 2) {
            all.add(inside(
                    bytes.duplicate().clear().order(ByteOrder.nativeOrder()).asShortBuffer()));
        }
        return all;
    }

    private static List<ElementType> types(Backend backend) {
        List<ElementType> types = new ArrayList<>(List.of(ElementType.values()));
        if (!backend.device().fp64()) {
            types.remove(ElementType.FLOAT64);
        }
        return types;
    }

    private static void assertUnmoved(Buffer buffer) {
        int scale = buffer instanceof ByteBuffer ? buffer.limit() / (BEFORE + COUNT) : 1;
        assertEquals(BEFORE * scale, buffer.position());
        assertEquals((BEFORE + COUNT) * scale, buffer.limit());
    }

    @OnEveryDevice
    void everyKindOfBufferGivesTheBitsOfAnArray(Backend backend) {
        float[] values = Values.normal(3, COUNT, 1, 2);
        for (ElementType type : types(backend)) {
            try (Tensor expected = backend.tensor(type, values, SHAPE);
                    Tensor set = backend.empty(type, SHAPE)) {
                double[] elements = expected.toDoubles();
                for (Memory memory : Memory.all()) {
                    for (Buffer buffer : filled(memory, type, values)) {
                        String what = type + " from " + memory.name + " " + buffer;
                        try (Tensor made = backend.tensor(type, buffer, SHAPE)) {
                            assertArrayEquals(elements, made.toDoubles(), what);
                        }
                        set.set(buffer);
                        set.set(buffer);
                        assertArrayEquals(elements, set.toDoubles(), what);
                        assertUnmoved(buffer);
                    }
                }
            }
        }
    }

    @OnEveryDevice
    void everyKindOfBufferTakesTheBitsOfATensor(Backend backend) {
        float[] values = Values.normal(4, COUNT, 1, 2);
        for (ElementType type : types(backend)) {
            try (Tensor x = backend.tensor(type, values, SHAPE)) {
                float[] stored = x.toFloats();
                for (Memory memory : Memory.all()) {
                    List<Buffer> expected = filled(memory, type, stored);
                    List<Buffer> targets = filled(memory, type, new float[COUNT]);
                    for (int i = 0; i < targets.size(); i++) {
                        Buffer target = targets.get(i);
                        x.get(target);
                        assertUnmoved(target);
                        // Also what lies before the position and behind the limit: it is still 0.
                        assertEquals(
                                expected.get(i).clear(), target.clear(), type + " to " + memory.name + " " + target);
                    }
                }
            }
        }
    }

    /** Also one that does not begin where its memory begins, and one of another array than its own. */
    @Test
    void sourcesMayBeReadOnlySlicesAndWrappedArrays() {
        Backend backend = TestDevices.first();
        float[] values = Values.normal(5, COUNT, 0, 1);
        float[] longer = new float[COUNT + 5];
        System.arraycopy(values, 0, longer, 4, COUNT);
        FloatBuffer direct = Memory.all().get(0).bytes.apply(4 * longer.length).asFloatBuffer();
        direct.duplicate().put(longer);
        for (FloatBuffer source : List.of(
                FloatBuffer.wrap(longer, 4, COUNT),
                FloatBuffer.wrap(longer, 4, COUNT).slice(),
                FloatBuffer.wrap(values).asReadOnlyBuffer(),
                direct.slice(4, COUNT),
                direct.slice(4, COUNT).asReadOnlyBuffer())) {
            try (Tensor x = backend.tensor(ElementType.FLOAT32, source, SHAPE)) {
                assertArrayEquals(values, x.toFloats());
            }
        }
    }

    @Test
    void emptyTensorsTakeEmptyBuffers() {
        Backend backend = TestDevices.first();
        for (Memory memory : Memory.all()) {
            FloatBuffer none = memory.bytes.apply(0).asFloatBuffer();
            try (Tensor x = backend.tensor(ElementType.FLOAT32, none, 0, 4)) {
                x.set(none);
                x.get(none);
                assertEquals(0, x.elements());
            }
        }
    }

    private static String refused(Runnable call) {
        return assertThrows(IllegalArgumentException.class, call::run).getMessage();
    }

    private static void assertSays(String message, String... words) {
        for (String word : words) {
            assertTrue(message.contains(word), message + ", without " + word);
        }
    }

    @Test
    void buffersThatDoNotFitAreRejectedAndChangeNothing() {
        Backend backend = TestDevices.first();
        FloatBuffer floats = FloatBuffer.allocate(COUNT);
        FloatBuffer swapped = ByteBuffer.allocateDirect(4 * COUNT)
                .order(ByteOrder.nativeOrder() == ByteOrder.BIG_ENDIAN ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN)
                .asFloatBuffer();
        try (Tensor x = backend.empty(SHAPE);
                Tensor half = backend.empty(ElementType.FLOAT16, SHAPE)) {
            int open = backend.memory().tensors();
            for (Function<Buffer, Runnable> use : List.<Function<Buffer, Runnable>>of(
                    buffer -> () -> x.set(buffer),
                    buffer -> () -> x.get(buffer),
                    buffer -> () -> backend.tensor(ElementType.FLOAT32, buffer, SHAPE))) {
                assertSays(
                        refused(use.apply(FloatBuffer.allocate(COUNT - 1))),
                        "[2, 3, 4]",
                        "takes 24 elements",
                        "has 23");
                assertSays(
                        refused(use.apply(floats.duplicate().position(2))),
                        "has 22 from its position 2 to its limit 24");
                assertSays(
                        refused(use.apply(ByteBuffer.allocateDirect(95).order(ByteOrder.nativeOrder()))),
                        "takes 96 bytes",
                        "has 95");
                assertSays(
                        refused(use.apply(swapped)), "FloatBuffer has byte order " + swapped.order(), "nativeOrder()");
                assertSays(
                        refused(use.apply(ByteBuffer.allocate(96).order(swapped.order()))),
                        "ByteBuffer has byte order " + swapped.order());
                assertSays(
                        refused(use.apply(ShortBuffer.allocate(COUNT))),
                        "a float32 tensor",
                        "got a ShortBuffer",
                        "float16");
                assertSays(refused(use.apply(IntBuffer.allocate(COUNT))), "FloatBuffer", "got a IntBuffer");
                assertSays(refused(use.apply(LongBuffer.allocate(COUNT))), "got a LongBuffer");
                assertSays(refused(use.apply(CharBuffer.allocate(COUNT))), "got a CharBuffer");
                assertThrows(NullPointerException.class, () -> use.apply(null).run());
            }
            assertSays(refused(() -> x.get(floats.asReadOnlyBuffer())), "FloatBuffer", "24 elements", "read-only");
            assertSays(refused(() -> half.get(IntBuffer.allocate(COUNT))), "ShortBuffer or ByteBuffer", "float16");
            assertEquals(0, x.version());
            assertEquals(open, backend.memory().tensors());
        }
    }

    @Test
    void aClosedTensorIsRejected() {
        Tensor x = TestDevices.first().empty(SHAPE);
        x.close();
        assertThrows(IllegalStateException.class, () -> x.set(FloatBuffer.allocate(COUNT)));
        assertThrows(IllegalStateException.class, () -> x.get(FloatBuffer.allocate(COUNT)));
    }

    /** Converted elements go through Java's memory in parts. */
    @Test
    void manyElementsAreConvertedToTheirEnd() {
        Backend backend = TestDevices.first();
        int count = (1 << 14) + 5;
        float[] values = Values.normal(6, count, 0, 1);
        try (Tensor x = backend.tensor(ElementType.FLOAT16, FloatBuffer.wrap(values), count);
                Tensor expected = backend.tensor(ElementType.FLOAT16, values, count)) {
            assertArrayEquals(expected.toFloats(), x.toFloats());
            float[] floats = new float[count];
            x.get(FloatBuffer.wrap(floats));
            assertArrayEquals(expected.toFloats(), floats);
            double[] doubles = new double[count];
            x.get(DoubleBuffer.wrap(doubles));
            assertArrayEquals(expected.toDoubles(), doubles);
        }
    }
}
