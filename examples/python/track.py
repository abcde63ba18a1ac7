"""Follow a target through a video with an exported model: onnxruntime, numpy and OpenCV alone.

    lorat export nano --graphs two --out nano-onnx
    python track.py nano-onnx video.mp4 120,80,64,48 > boxes.txt

Prints x,y,width,height a frame, the first frame's as given. The loop is LoRAT's: a template once, then around the last box a
search region a frame; its best cell, drawn towards the middle by a Hann window, gives the box.
"""
import json
import pathlib
import sys

import cv2
import numpy as np
import onnxruntime


class Tracker:
    def __init__(self, folder):
        folder = pathlib.Path(folder)
        self.about = json.loads((folder / "export.json").read_text())
        self.init = onnxruntime.InferenceSession(str(folder / "init.onnx"))
        self.has_reference = any(one.name == "is_reference" for one in self.init.get_inputs())
        self.track = onnxruntime.InferenceSession(str(folder / "track.onnx"))
        cells = self.about["search"]["cells"]
        hann = np.hanning(cells) if cells > 1 else np.ones(1)
        self.window = np.outer(hann, hann)

    def start(self, frame, box):
        """frame: RGB bytes [height, width, 3]; box: x, y, width, height in pixels."""
        self.mean = frame.reshape(-1, 3).mean(axis=0)
        self.box = corners(box)
        self.views = []
        self.first = self.memory = self.remember(frame, self.box, 0)
        if self.has_reference:
            self.renew(self.remember(frame, self.box, 1))

    def remember(self, frame, box, is_reference):
        """What `track` is to know of a view of the target."""
        template = self.about["template"]
        pixels, scale, shift = self.crop(frame, box, template)
        cell = template["sizePx"] / template["cells"]
        x1, y1, x2, y2 = (box * scale + np.tile(shift, 2)) / cell
        mask = np.zeros((template["cells"], template["cells"]), np.float32)
        mask[max(0, int(y1)) : int(np.floor(y2 + 0.9999)), max(0, int(x1)) : int(np.floor(x2 + 0.9999))] = 1
        feeds = {"template": pixels, "template_mask": mask.reshape(1, -1)}
        if self.has_reference:
            feeds["is_reference"] = np.array([is_reference], np.float32)
        return self.init.run(["memory"], feeds)[0]

    def renew(self, reference):
        """Template and reference side by side: [1, parts, heads, tokens, width], joined along the tokens."""
        self.memory = np.concatenate([self.first, reference], axis=3)

    def learn(self, frame, score):
        """Of every few frames the best view becomes the reference, if it is good enough."""
        rule = self.about["loop"].get("reference", {"everyFrames": 20, "scoreFrom": 0.5})
        self.views.append((score, frame, self.box))
        if len(self.views) < rule["everyFrames"]:
            return
        score, frame, box = max(self.views, key=lambda view: view[0])
        self.views = []
        if score >= rule["scoreFrom"]:
            self.renew(self.remember(frame, box, 1))

    def next(self, frame):
        """The box in the next frame, x, y, width, height, and its score from 0 to 1."""
        search = self.about["search"]
        pixels, scale, shift = self.crop(frame, at_least(self.box, 10), search)
        scores, boxes = self.track.run(["score_map", "boxes"], {"template_memory": self.memory, "search": pixels})
        scores = 1 / (1 + np.exp(-scores[0].astype(np.float64)))
        loop = self.about["loop"]
        weight = loop["windowWeight"]
        best = np.unravel_index(np.argmax(scores * (1 - weight) + self.window * weight), scores.shape)
        found = vote(boxes[0], scores, best) if loop.get("boxVoting") else boxes[0][best]
        found = (found * search["sizePx"] - np.tile(shift, 2)) / scale
        height, width = frame.shape[:2]
        found = np.clip(found, 0, [width, height, width, height])
        if found[2] > found[0] and found[3] > found[1]:
            self.box = damped(self.box, found, loop.get("sizeGain", 1))
        if self.has_reference:
            self.learn(frame, scores[best])
        x1, y1, x2, y2 = np.clip(self.box, 0, [width, height, width, height])
        return (x1, y1, x2 - x1, y2 - y1), scores[best]

    def crop(self, frame, box, region):
        """The surroundings of a box, normalised [1, 3, size, size], and how image becomes crop: image * scale + shift."""
        size = region["sizePx"]
        w, h = box[2] - box[0], box[3] - box[1]
        margin = (region["areaFactor"] - 1) * (w + h) / 2
        scale = size / np.sqrt((w + margin) * (h + margin))
        shift = size / 2 - scale * (box[:2] + box[2:]) / 2
        # Pixels are areas: their middles lie at halves.
        matrix = np.array([[scale, 0, shift[0] + scale / 2 - 0.5], [0, scale, shift[1] + scale / 2 - 0.5]])
        colour = tuple(float(value) for value in self.mean)
        patch = cv2.warpAffine(frame, matrix, (size, size), flags=cv2.INTER_LINEAR, borderValue=colour)
        pixels = (patch.astype(np.float32) / 255 - self.about["mean"]) / self.about["std"]
        return pixels.transpose(2, 0, 1)[None].astype(np.float32), scale, shift


def corners(box):
    x, y, w, h = box
    return np.array([x, y, x + w, y + h], float)


def at_least(box, least):
    centre, half = (box[:2] + box[2:]) / 2, np.maximum(box[2:] - box[:2], least) / 2
    return np.concatenate([centre - half, centre + half])


def vote(boxes, scores, best):
    """The mean of the boxes that overlap the best one, by the cube of their scores."""
    own = boxes[best]
    overlap = np.minimum(boxes[..., 2:], own[2:]) - np.maximum(boxes[..., :2], own[:2])
    shared = np.prod(np.maximum(overlap, 0), axis=-1)
    area = lambda box: np.prod(box[..., 2:] - box[..., :2], axis=-1)
    agree = shared / (area(boxes) + area(own) - shared) > 0.4
    weights = np.where(agree, scores**3, 0)
    return (boxes * weights[..., None]).sum(axis=(0, 1)) / weights.sum()


def damped(before, found, gain):
    """The box that was found, with a share of its change of size."""
    size = (before[2:] - before[:2]) ** (1 - gain) * (found[2:] - found[:2]) ** gain
    centre = (found[:2] + found[2:]) / 2
    return np.concatenate([centre - size / 2, centre + size / 2])


def main(folder, video, box):
    tracker = Tracker(folder)
    capture = cv2.VideoCapture(video)
    first = True
    while True:
        more, frame = capture.read()
        if not more:
            break
        frame = cv2.cvtColor(frame, cv2.COLOR_BGR2RGB)
        if first:
            found = tuple(float(value) for value in box.split(","))
            tracker.start(frame, found)
            first = False
        else:
            found, _ = tracker.next(frame)
        print(",".join(f"{value:.4f}" for value in found))


if __name__ == "__main__":
    main(*sys.argv[1:])
