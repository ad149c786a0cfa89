# As root, in a checkout of topicfeeds, with the site file and its sources in /opt/feeds.
# Debian's Python: one in somebody's home is out of the service's sight.
adduser --system --group --no-create-home --home /opt/feeds feeds
/usr/bin/python3 -m venv /opt/feeds/.venv
/opt/feeds/.venv/bin/pip install .
install -d -o feeds -g feeds -m 755 /opt/feeds/public
install -d -o feeds -g feeds -m 700 /opt/feeds/.topicfeeds /var/backups/topicfeeds
