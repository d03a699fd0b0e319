/**
 * Measuring the machines of a cluster: what runs on each of them, and the page that compares them. The cluster manager
 * brings this code to the machines and their results back.
 */
package io.github.clnorm.tools.cluster;
