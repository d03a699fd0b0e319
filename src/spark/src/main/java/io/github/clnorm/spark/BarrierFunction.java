package io.github.clnorm.spark;

import io.github.clnorm.StatisticsExchange;
import java.io.Serializable;
import java.util.Iterator;

/**
 * What a task of {@link ClnormSpark#mapPartitionsTogether} does with its partition. Serializable: it travels to the
 * executors. Opens backends and makes layers there, because they do not travel.
 *
 * @param <T> rows of a partition
 * @param <R> results
 */
@FunctionalInterface
public interface BarrierFunction<T, R> extends Serializable {

    /**
     * Computes a partition, at the same time as all other partitions.
     *
     * @param rows of the partition
     * @param exchange this task's. It ends when the task ends, also if the results are not iterated to the end
     * @return the results
     * @throws Exception to fail the task, and with it the stage
     */
    Iterator<R> call(Iterator<T> rows, StatisticsExchange exchange) throws Exception;
}
