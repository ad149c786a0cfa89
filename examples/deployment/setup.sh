# As root, with the site file and its sources in /opt/feeds:
adduser --system --group --no-create-home --home /opt/feeds feeds
install -d -o feeds -g feeds -m 755 /opt/feeds/public
install -d -o feeds -g feeds -m 700 /opt/feeds/.topicfeeds /var/backups/topicfeeds
