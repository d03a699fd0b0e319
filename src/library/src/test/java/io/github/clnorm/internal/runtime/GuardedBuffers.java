package io.github.clnorm.internal.runtime;

import io.github.clnorm.testing.Errors;
import io.github.clnorm.testing.Values;
import io.github.clnorm.type.Codec;
import io.github.clnorm.type.ElementType;
import java.util.Arrays;

/** Buffers whose elements are followed by values that must not change. */
final class GuardedBuffers {

    private static final int CANARIES = 64;
    private static final double CANARY = -12345.678;

    private GuardedBuffers() {}

    static double[] nothing(int count) {
        double[] values = new double[count];
        Arrays.fill(values, Double.NaN);
        return values;
    }

    static DeviceBuffer filled(Session session, ElementType type, double... values) {
        DeviceBuffer buffer = session.allocate((long) values.length * type.bytes());
        session.transfers().write(buffer, (at, piece) -> Codec.encode(type, values, (int) (at / type.bytes()), piece));
        return buffer;
    }

    static DeviceBuffer guarded(Session session, ElementType type, double... values) {
        double[] all = Arrays.copyOf(values, values.length + CANARIES);
        Arrays.fill(all, values.length, all.length, CANARY);
        return filled(session, type, all);
    }

    static double[] values(Session session, ElementType type, DeviceBuffer buffer) {
        double[] values = new double[(int) (buffer.bytes() / type.bytes())];
        session.transfers().read(buffer, (at, piece) -> Codec.decode(type, piece, values, (int) (at / type.bytes())));
        return values;
    }

    static double[] read(Session session, ElementType type, DeviceBuffer buffer, String what) {
        double[] all = values(session, type, buffer);
        double[] canaries = new double[CANARIES];
        Arrays.fill(canaries, Values.rounded(type, CANARY));
        int elements = all.length - CANARIES;
        Errors.assertSameBits(canaries, Arrays.copyOfRange(all, elements, all.length), what + ", what lies behind");
        return Arrays.copyOf(all, elements);
    }
}
