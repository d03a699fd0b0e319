package io.github.clnorm.internal.runtime;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.Backend;
import io.github.clnorm.Tensor;
import io.github.clnorm.device.ClException;
import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.opencl.JoclOpenCl;
import io.github.clnorm.testing.FaultyOpenCl;
import io.github.clnorm.testing.OnEveryDevice;
import io.github.clnorm.testing.TestDevices;
import io.github.clnorm.testing.Values;
import io.github.clnorm.type.ElementType;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Both ways of large tensors, with pieces so small that a small tensor has many. */
@Tag("device")
@Tag("threads")
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class PiecesTest {

    private static final int PIECE_BYTES = 256;
    // Seven pieces and a part of one.
    private static final int COUNT = 7 * PIECE_BYTES / 4 + 3;

    /** Sends everything in pieces. */
    private enum Way {
        MAPPED,
        PINNED;

        Backend on(Session session) {
            if (this == MAPPED) {
                session.transfers().useMapped(PIECE_BYTES, 0);
            } else {
                session.transfers().usePinned(PIECE_BYTES, 0);
            }
            return new Backend(session);
        }

        Backend open(DeviceInfo device) {
            return on(new Session(JoclOpenCl.open(device, false), device));
        }
    }

    @OnEveryDevice
    void piecesHaveTheBitsOfTheWhole(Backend whole) {
        float[] values = Values.normal(1, COUNT, 0, 1);
        double[] doubles = Values.doubles(values);
        for (Way way : Way.values()) {
            try (Backend backend = way.open(whole.device())) {
                for (ElementType type : List.of(ElementType.FLOAT32, ElementType.FLOAT16)) {
                    try (Tensor expected = whole.tensor(type, values, COUNT);
                            Tensor x = backend.tensor(type, values, COUNT)) {
                        String what = way + " " + type;
                        assertArrayEquals(expected.toFloats(), x.toFloats(), what);
                        assertArrayEquals(expected.toDoubles(), x.toDoubles(), what);
                        x.set(Values.constant(COUNT, 0));
                        x.set(doubles);
                        float[] read = new float[COUNT];
                        x.get(FloatBuffer.wrap(read));
                        assertArrayEquals(expected.toFloats(), read, what);
                        x.set(FloatBuffer.wrap(values));
                        assertArrayEquals(expected.toFloats(), x.readAsync().join(), what);
                        x.set(Values.constant(COUNT, 0));
                        x.copyFrom(expected);
                        assertArrayEquals(expected.toFloats(), x.toFloats(), what);
                    }
                }
            }
        }
    }

    @OnEveryDevice
    void aCallersPiecesAreZerosAndItsOwn(Backend whole) {
        float[] values = Values.normal(2, COUNT, 0, 1);
        for (Way way : Way.values()) {
            try (Backend backend = way.open(whole.device());
                    Tensor x = backend.tensor(Values.constant(COUNT, 9), COUNT)) {
                x.write((at, piece) -> piece.putFloat(0, at));
                float[] sparse = x.toFloats();
                for (int i = 0; i < COUNT; i++) {
                    assertTrue(sparse[i] == 0 || sparse[i] == 4 * i, way + " at " + i + ": " + sparse[i]);
                }
                x.write((at, piece) -> piece.asFloatBuffer().put(values, (int) at / 4, piece.remaining() / 4));
                float[] read = new float[COUNT];
                x.read((at, piece) -> {
                    piece.asFloatBuffer().get(read, (int) at / 4, piece.remaining() / 4);
                    // Nothing else reads this memory.
                    for (int i = 0; i < piece.capacity(); i++) {
                        piece.put(i, (byte) 7);
                    }
                });
                assertArrayEquals(values, read, way.toString());
                assertArrayEquals(values, x.toFloats(), way.toString());
            }
        }
    }

    @Test
    void aFailureEndsTheTransferAndNoMore() {
        DeviceInfo device = TestDevices.first().device();
        float[] values = Values.normal(3, COUNT, 0, 1);
        for (Way way : Way.values()) {
            FaultyOpenCl faulty = new FaultyOpenCl(JoclOpenCl.open(device, false));
            try (Backend backend = way.on(new Session(faulty.port(), device));
                    Tensor x = backend.tensor(values, COUNT)) {
                List<String> calls = way == Way.MAPPED
                        ? List.of("map", "unmap")
                        : List.of("createPinnedBuffer", "map", "write", "read");
                for (String call : calls) {
                    for (int n = 1;
                            n <= (call.startsWith("createP") || way == Way.PINNED && call.equals("map") ? 1 : 3);
                            n++) {
                        backend.trim();
                        faulty.fail(call, n);
                        assertThrows(ClException.class, call.equals("read") ? x::toFloats : () -> x.set(values), call);
                        faulty.heal();
                        x.set(values);
                        assertArrayEquals(values, x.toFloats(), way + " after a failing " + call);
                    }
                }
                assertThrows(
                        ArithmeticException.class,
                        () -> x.write((at, piece) -> {
                            throw new ArithmeticException();
                        }));
                assertThrows(
                        ArithmeticException.class,
                        () -> x.read((at, piece) -> {
                            throw new ArithmeticException();
                        }));
                x.set(values);
                assertArrayEquals(values, x.toFloats());
            }
        }
    }

    @Test
    void aCallbackMayCloseTheTensorOrTheBackend() {
        for (Way way : Way.values()) {
            for (boolean all : new boolean[] {false, true}) {
                for (boolean write : new boolean[] {true, false}) {
                    Backend backend = way.open(TestDevices.first().device());
                    // More than a caller's own piece.
                    Tensor x = backend.empty(3 << 20);
                    Runnable closing = all ? backend::close : x::close;
                    Runnable transfer = write
                            ? () -> x.write((at, piece) -> closing.run())
                            : () -> x.read((at, piece) -> closing.run());
                    String refusal = assertThrows(IllegalStateException.class, transfer::run)
                            .getMessage();
                    assertTrue(refusal.contains("closed"), refusal);
                    backend.close();
                }
            }
        }
    }

    @Test
    void aReadThatIsOvertakenByAWriteIsRejected() {
        for (Way way : Way.values()) {
            try (Backend backend = way.open(TestDevices.first().device());
                    Tensor x = backend.empty(3 << 20);
                    Tensor other = backend.empty(3 << 20)) {
                String refusal = assertThrows(
                                IllegalStateException.class, () -> x.read((at, piece) -> x.copyFrom(other)))
                        .getMessage();
                assertTrue(refusal.contains("while it was being read"), refusal);
            }
        }
    }

    @Test
    void pinnedMemoryIsKeptOnceAndReleasedByTrim() {
        DeviceInfo device = TestDevices.first().device();
        FaultyOpenCl counting = new FaultyOpenCl(JoclOpenCl.open(device, false));
        try (Backend backend = Way.PINNED.on(new Session(counting.port(), device));
                Tensor x = backend.empty(COUNT)) {
            counting.fail("nothing", 1);
            for (int i = 0; i < 3; i++) {
                x.set(Values.constant(COUNT, i));
                x.toFloats();
            }
            assertEquals(1, counting.count("createPinnedBuffer"));
            assertEquals(1, counting.count("map"));
            backend.trim();
            assertEquals(1, counting.count("release Memory"));
        }
    }
}
