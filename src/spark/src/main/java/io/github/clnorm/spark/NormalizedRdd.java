package io.github.clnorm.spark;

import java.util.List;
import java.util.function.Supplier;
import org.apache.spark.Dependency;
import org.apache.spark.OneToOneDependency;
import org.apache.spark.Partition;
import org.apache.spark.SparkContext;
import org.apache.spark.TaskContext;
import org.apache.spark.rdd.RDD;
import org.apache.spark.util.TaskCompletionListener;
import scala.collection.Iterator;
import scala.collection.immutable.Seq;
import scala.jdk.javaapi.CollectionConverters;
import scala.reflect.ClassTag$;

/**
 * The partitions of a data set, normalized. The data set is planned when an action first needs it, not when this is made:
 * Spark may run jobs for that.
 *
 * @param <T> rows before
 * @param <U> rows after
 */
final class NormalizedRdd<T, U> extends RDD<U> {
    private static final long serialVersionUID = 1;

    /** On the driver only. */
    private transient Supplier<RDD<T>> source;

    private transient RDD<T> planned;
    private final NormalizationTask<T, U> task;

    NormalizedRdd(SparkContext context, Class<U> rows, Supplier<RDD<T>> source, NormalizationTask<T, U> task) {
        super(context, CollectionConverters.asScala(List.<Dependency<?>>of()).toList(), ClassTag$.MODULE$.apply(rows));
        this.source = source;
        this.task = task;
        setName("clnorm " + task);
    }

    private synchronized RDD<T> planned() {
        if (planned == null) {
            planned = source.get();
        }
        return planned;
    }

    @Override
    public Partition[] getPartitions() {
        task.beforeJob(context());
        return planned().partitions();
    }

    @Override
    public Seq<Dependency<?>> getDependencies() {
        return CollectionConverters.asScala(List.<Dependency<?>>of(new OneToOneDependency<>(planned())))
                .toList();
    }

    @Override
    public Iterator<U> compute(Partition partition, TaskContext context) {
        @SuppressWarnings("unchecked")
        RDD<T> before = (RDD<T>) dependencies().head().rdd();
        Batches<T, U> batches =
                task.batches(CollectionConverters.asJava(before.iterator(partition, context)), partition.index());
        TaskCompletionListener closing = ended -> batches.close();
        context.addTaskCompletionListener(closing);
        return CollectionConverters.asScala(batches);
    }
}
