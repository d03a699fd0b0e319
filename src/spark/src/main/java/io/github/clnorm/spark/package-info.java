/** Normalization of data sets on Apache Spark, with the devices of its executors. */
package io.github.clnorm.spark;
