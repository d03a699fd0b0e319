package io.github.clnorm.spark;

import java.io.Serializable;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.rdd.RDD;
import scala.Function1;
import scala.collection.Iterator;
import scala.jdk.javaapi.CollectionConverters;
import scala.reflect.ClassTag;
import scala.reflect.ClassTag$;

/** Spark's barrier stages, which its Java API does not have. Thread-safe. */
final class BarrierStage {

    private BarrierStage() {}

    /** A function of Scala that travels. */
    private interface Travelling<T, R> extends Function1<Iterator<T>, Iterator<R>>, Serializable {}

    /** The results of a function of each partition, all of which run at the same time. */
    static <T, R> JavaRDD<R> mapPartitions(JavaRDD<T> rdd, FlatMapFunction<java.util.Iterator<T>, R> function) {
        Travelling<T, R> task = rows -> CollectionConverters.asScala(call(function, CollectionConverters.asJava(rows)));
        ClassTag<R> results = ClassTag$.MODULE$.apply(Object.class);
        RDD<R> mapped = rdd.rdd().barrier().mapPartitions(task, false, results);
        return new JavaRDD<>(mapped, results);
    }

    /** Scala has no checked exceptions. */
    private static <T, R> java.util.Iterator<R> call(
            FlatMapFunction<java.util.Iterator<T>, R> function, java.util.Iterator<T> rows) {
        try {
            return function.call(rows);
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException("a task of a barrier stage failed: " + e.getMessage(), e);
        }
    }
}
