package io.github.clnorm.internal.tune;

import io.github.clnorm.internal.plan.Plan;
import io.github.clnorm.type.Codec;
import io.github.clnorm.type.ElementType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * Compares the results of plans bit for bit, by checksums of pieces, which need little memory. Outputs are overwritten before
 * every run, so that elements that a plan leaves out differ from those that another plan wrote.
 */
final class Results {

    private static final int COPY = 0;
    private static final byte POISON = (byte) 0xff;

    private final Work work;
    private final Plan reference;
    private final List<List<Long>> expected;

    /** Runs the plan with which all others must agree. */
    Results(Work work, Plan reference) {
        this.work = work;
        this.reference = reference;
        run(reference);
        this.expected =
                work.outputs(COPY).stream().map(output -> checksums(output)).toList();
    }

    /**
     * Runs a plan and compares.
     *
     * @throws DifferentBitsException if its results are not the same bits
     */
    void check(Plan plan) {
        run(plan);
        List<Work.Output> outputs = work.outputs(COPY);
        for (int i = 0; i < outputs.size(); i++) {
            List<Long> actual = checksums(outputs.get(i));
            for (int piece = 0; piece < actual.size(); piece++) {
                if (!actual.get(piece).equals(expected.get(i).get(piece))) {
                    throw different(plan, outputs.get(i), piece);
                }
            }
        }
    }

    private void run(Plan plan) {
        for (Work.Output output : work.outputs(COPY)) {
            work.session.transfers().write(output.buffer(), (at, piece) -> {
                while (piece.hasRemaining()) {
                    piece.put(POISON);
                }
            });
        }
        work.run(plan, COPY);
    }

    private List<Long> checksums(Work.Output output) {
        List<Long> sums = new ArrayList<>();
        work.session.transfers().read(output.buffer(), (at, piece) -> {
            CRC32C sum = new CRC32C();
            sum.update(piece);
            sums.add(sum.getValue());
        });
        return sums;
    }

    private DifferentBitsException different(Plan plan, Work.Output output, int piece) {
        byte[] actual = bytes(output, piece);
        run(reference);
        byte[] should = bytes(output, piece);
        int bytes = output.type().bytes();
        int at = Arrays.mismatch(actual, should) / bytes;
        String where = at < 0 || actual.length != should.length
                ? "now one way, now another"
                : "first at element " + (pieceStart(output, piece) / bytes + at) + ": "
                        + value(output.type(), actual, at) + ", expected " + value(output.type(), should, at);
        return new DifferentBitsException(
                "the plan (" + plan + ") gives another " + output.name() + " than the heuristic's ("
                        + reference + ") for " + work.grouping() + " on "
                        + work.session.device().description() + ", " + where
                        + ". This is a bug of the kernels: please report it");
    }

    private byte[] bytes(Work.Output output, int wanted) {
        byte[][] found = new byte[1][];
        int[] number = {0};
        work.session.transfers().read(output.buffer(), (at, piece) -> {
            if (number[0]++ == wanted) {
                found[0] = new byte[piece.remaining()];
                piece.get(found[0]);
            }
        });
        return found[0];
    }

    private long pieceStart(Work.Output output, int wanted) {
        long[] start = {0};
        int[] number = {0};
        work.session.transfers().read(output.buffer(), (at, piece) -> {
            if (number[0]++ == wanted) {
                start[0] = at;
            }
        });
        return start[0];
    }

    private static double value(ElementType type, byte[] bytes, int index) {
        double[] values = new double[1];
        ByteBuffer one = ByteBuffer.wrap(bytes, index * type.bytes(), type.bytes())
                .slice()
                .order(ByteOrder.nativeOrder());
        Codec.decode(type, one, values, 0);
        return values[0];
    }
}
