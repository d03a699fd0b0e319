/** The speed of clnorm next to other libraries ("peers"), measured by JMH. Each peer's results are checked first. */
package io.github.clnorm.bench.peers;
