package io.github.clnorm;

import io.github.clnorm.internal.geometry.Geometry;
import io.github.clnorm.internal.stream.ParameterTable;
import java.util.ArrayList;
import java.util.List;

/**
 * The blocks of the sums for gradients of parameters, in the shards of a tensor. Seen as rows, of which a block has some: samples, or
 * rows of a batch. Immutable.
 */
final class ShardBlocks {

    private final ShardedTensor tensor;
    private final long rows;
    private final long elementsOfRow;
    private final long rowsOfBlock;
    private final List<Range> cut = new ArrayList<>();

    /**
     * Some rows.
     *
     * @param first the first one
     * @param count their number
     */
    record Range(long first, long count) {}

    /**
     * The blocks of a tensor with elements.
     *
     * @param whole its geometry
     */
    ShardBlocks(ShardedTensor tensor, Geometry whole) {
        this.tensor = tensor;
        this.rows = whole.samples() == 1 ? whole.rows() : whole.samples();
        this.elementsOfRow = whole.elements() / rows;
        this.rowsOfBlock = ParameterTable.rowsOfBlock(whole);
        long done = 0;
        for (ShardedTensor.Shard shard : tensor.shards()) {
            Range own = whole(shard);
            if (own.count > 0) {
                addCut(done, own.first);
                done = own.first + own.count;
            }
        }
        addCut(done, rows);
    }

    private void addCut(long from, long to) {
        if (from < to) {
            cut.add(new Range(from, to - from));
        }
    }

    /** Rows of the tensor. */
    long rows() {
        return rows;
    }

    long elementsOfRow() {
        return elementsOfRow;
    }

    /** The first row of a shard. */
    long first(ShardedTensor.Shard shard) {
        return row(shard.from());
    }

    private long row(long index) {
        return index * (rows / tensor.shape()[0]);
    }

    /** The rows of the blocks that a shard has as a whole. None if its device cannot address the first one. */
    Range whole(ShardedTensor.Shard shard) {
        long begin = first(shard);
        long first = (begin + rowsOfBlock - 1) / rowsOfBlock * rowsOfBlock;
        long end = row(shard.to()) == rows ? rows : row(shard.to()) / rowsOfBlock * rowsOfBlock;
        return first < end && canAddress(shard.tensor(), first - begin)
                ? new Range(first, end - first)
                : new Range(begin, 0);
    }

    private boolean canAddress(Tensor shard, long row) {
        long skipped = row * elementsOfRow * tensor.type().bytes();
        return skipped == 0
                || (shard.buffer().offset() + skipped)
                                % shard.backend().session().partAlignment()
                        == 0;
    }

    /** The rows of all other blocks: those that are cut, and those that a device cannot address. In order. */
    List<Range> cut() {
        return List.copyOf(cut);
    }
}
