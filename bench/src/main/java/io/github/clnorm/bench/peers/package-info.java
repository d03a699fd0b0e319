/** The speed of clnorm next to other libraries ("peers"), measured by JMH; every peer's results are checked before. */
package io.github.clnorm.bench.peers;
