#!/bin/sh
# A Kafka Streams application whose brokers' name does not resolve; the name is really asked for, the words are the JVM's.
host=${KAFKA_BOOTSTRAP%%:*}
echo "06:20:14.118 [main] INFO  o.a.k.c.producer.ProducerConfig - ProducerConfig values: bootstrap.servers = [$KAFKA_BOOTSTRAP]"
if nslookup "$host" >/dev/null 2>&1; then exec sleep 86400; fi
cat >&2 <<TEXT
06:20:14.402 [main] WARN  o.apache.kafka.clients.ClientUtils - Couldn't resolve server $KAFKA_BOOTSTRAP from bootstrap.servers as DNS resolution failed for $host
Exception in thread "main" org.apache.kafka.streams.errors.StreamsException: Unable to initialize state
	at org.apache.kafka.streams.KafkaStreams.<init>(KafkaStreams.java:961)
	at com.acme.orders.OrdersTopology.main(OrdersTopology.java:58)
Caused by: org.apache.kafka.common.config.ConfigException: No resolvable bootstrap urls given in bootstrap.servers
	at org.apache.kafka.clients.ClientUtils.parseAndValidateAddresses(ClientUtils.java:103)
	... 6 more
TEXT
exit 1
