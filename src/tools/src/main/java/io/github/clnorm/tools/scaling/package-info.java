/**
 * A simulation of several devices and machines, without any: a table of rates, and a model of what takes the time. A
 * program of its own, {@code bench/scaling}. Nothing in it is measured.
 */
package io.github.clnorm.tools.scaling;
