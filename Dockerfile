# Build: docker build -t placard .   Run: docker run -p 8080:8080 -v placard:/data -v ./configs:/config placard
FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN go build -trimpath -ldflags="-s -w" -o /placard ./cmd/placard

FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends libstdc++6 tzdata ca-certificates && rm -rf /var/lib/apt/lists/* \
 && useradd --system --home /data --uid 10001 placard && mkdir /data && chown placard /data
COPY --from=build /placard /usr/local/bin/placard
USER placard
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
ENTRYPOINT ["placard"]
CMD ["serve", "--config", "/config", "--data", "/data", "--listen", "0.0.0.0:8080"]
