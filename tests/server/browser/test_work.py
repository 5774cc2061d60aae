"""The page in a real Chromium against a real service: from a folder of maps to its repair."""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, expect

from svbrdf_core import read_image
from tests.server.browser.visit import SOON, Visit, visit
from tests.server.conftest import Sample
from tests.server.running import Running

pytestmark = pytest.mark.browser

SIDE = 128


def job(user: Visit, number: int = 0) -> dict[str, object]:
    """Return one of the newest jobs as the service has it."""
    found: dict[str, object] = user.running.request("GET", "/v1/jobs").json()["jobs"][number]
    return found


def stored_mask(user: Visit) -> np.ndarray:
    """Return the mask of the newest job as the service keeps it."""
    request = job(user)["request"]
    assert isinstance(request, dict)
    digest = request["hole"]["masks"][0]["file"]
    data = (user.running.data / "files" / digest[:2] / digest).read_bytes()
    return np.asarray(Image.open(io.BytesIO(data)).convert("L"))


def test_maps_are_uploaded_once_and_shown(user: Visit, sample: Sample) -> None:
    user.give(sample.folder)
    names = user.page.locator("#maps b").all_inner_texts()
    assert names[:2] == ["Diffuse", "Normal"] and "AO" in names
    assert user.page.locator("#material-size").inner_text() == "128 × 128"
    assert user.page.locator("#maps input:checked").get_attribute("value") == "diffuse"
    before = len([url for url in user.heard.asked if "/v1/files/" in url])
    user.page.reload()
    expect(user.page.locator("#material-name")).to_have_text("damaged", timeout=SOON)
    user.give(sample.folder)
    assert len([url for url in user.heard.asked if "/v1/files/" in url]) == before, "it was sent again"


def test_files_are_hashed_where_the_browser_does_not(browser: Browser, shared: Running, tmp_path: Path) -> None:
    folder = tmp_path / "plain"
    folder.mkdir()
    for number, name in enumerate(("basecolor", "roughness")):
        noise = np.random.default_rng(number + 77).integers(0, 256, (64, 64, 3 - 2 * number), dtype=np.uint8)
        Image.fromarray(noise.squeeze()).save(folder / f"{name}.png")
    with visit(browser, shared) as user:
        # As on a page from another machine without TLS.
        user.page.add_init_script("Object.defineProperty(crypto, 'subtle', { value: undefined })")
        user.enter()
        user.give(folder)
        sent = {url.rpartition("/")[2] for url in user.heard.asked if "/v1/files/" in url}
    assert sent == {hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def test_the_own_sha256_is_sha256(stranger: Visit) -> None:
    stranger.page.goto(stranger.running.url)
    found = stranger.page.evaluate(
        """async () => {
          const { Sha256, digestOf } = await import("/page/sha256.js");
          const bytes = Uint8Array.from({ length: 5_000_000 }, (_, i) => (i * 7 + (i >> 8)) & 255);
          const digests = [];
          for (let length = 0; length < 200; length += 1) {
            const made = new Sha256();
            made.update(bytes.subarray(0, length / 3));
            made.update(bytes.subarray(length / 3, length));
            digests.push(made.digest());
          }
          Object.defineProperty(crypto, "subtle", { value: undefined });
          return [digests, await digestOf(new Blob([bytes]))];
        }"""
    )
    bytes_ = bytes((i * 7 + (i >> 8)) & 255 for i in range(5_000_000))
    assert found[0] == [hashlib.sha256(bytes_[:length]).hexdigest() for length in range(200)]
    assert found[1] == hashlib.sha256(bytes_).hexdigest()


def drop(user: Visit, selector: str, files: list[Path]) -> None:
    """Drop files on an element as the mouse would."""
    made = [{"name": path.name, "bytes": list(path.read_bytes())} for path in files]
    user.page.evaluate(
        """([selector, files]) => {
          const data = new DataTransfer();
          for (const { name, bytes } of files) data.items.add(new File([Uint8Array.from(bytes)], name));
          for (const kind of ["dragenter", "dragover", "drop"]) {
            const target = kind === "dragenter" ? document.body : document.querySelector(selector);
            target.dispatchEvent(new DragEvent(kind, { bubbles: true, cancelable: true, dataTransfer: data }));
          }
        }""",
        [selector, made],
    )


def test_maps_and_a_mask_are_dropped(user: Visit, sample: Sample) -> None:
    drop(user, "#drop > :first-child", list(sample.files().values()))
    expect(user.page.locator("#maps canvas[data-drawn]")).to_have_count(6, timeout=SOON)
    drop(user, "#drop-mask", [sample.mask])
    share = (read_image(sample.mask).samples > 127).mean()
    expect(user.fill).to_have_text(f"Fill {share * 100:.1f} % of 6 maps")


def test_what_is_no_material_is_said_in_a_sentence(user: Visit, sample: Sample, tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("no map")
    drop(user, "#drop > :first-child", [text])
    expect(user.page.get_by_role("alert").get_by_text("There are no images in that.")).to_be_visible()
    for name in ("one", "two"):
        (tmp_path / "both" / name).mkdir(parents=True)
        Image.new("RGB", (8, 8)).save(tmp_path / "both" / name / "basecolor.png")
    user.page.locator("#pick-folder").set_input_files(tmp_path / "both")
    expect(user.page.get_by_text("There are maps in 2 folders (one, two). Drop one of them.")).to_be_visible()
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "basecolor.png").write_bytes(b"\x89PNG\r\n\x1a\nno picture")
    user.expected.add("422")
    user.page.locator("#pick-folder").set_input_files(broken)
    said = user.page.locator(".note.error").last
    expect(said).to_contain_text("basecolor.png", timeout=SOON)
    assert str(user.running.data) not in said.inner_text()
    user.give(sample.folder)
    small = tmp_path / "small.png"
    Image.new("L", (64, 64), 255).save(small)
    user.page.locator("#pick-mask").set_input_files(small)
    expect(user.page.get_by_text("The mask is 64 × 64, the material 128 × 128")).to_be_visible()


def test_what_is_painted_is_what_is_filled(user: Visit, sample: Sample) -> None:
    user.give(sample.folder)
    expect(user.fill).to_have_text("Paint what is to be filled")
    user.tool("Rectangle")
    user.drag((0.25, 0.25), (0.5, 0.625))
    expect(user.fill).to_have_text(re.compile("Fill 9.[0-9] % of 6 maps"))
    user.tool("Eraser")
    user.drag((0.4, 0.4), (0.45, 0.5))
    less = user.fill.inner_text()
    assert less != "Fill 9.4 % of 6 maps"
    for key, said in (("Control+z", re.compile("Fill 9.[0-9] %")), ("Control+Shift+z", less), ("Control+z", None)):
        user.page.keyboard.press(key)
        if said is not None:
            expect(user.fill).to_have_text(said)
    user.page.locator("#clear").click()
    expect(user.fill).to_have_text("Paint what is to be filled")
    user.page.get_by_role("button", name="Undo", exact=True).click()
    user.page.locator("#method").select_option("poisson")
    user.filled()
    mask = stored_mask(user)
    assert mask.shape == (SIDE, SIDE) and set(np.unique(mask)) == {0, 255}
    rows, columns = np.nonzero(mask)
    assert abs(rows.min() - 32) <= 1 and abs(rows.max() - 80) <= 1
    assert abs(columns.min() - 32) <= 1 and abs(columns.max() - 64) <= 1
    assert len(rows) == (np.ptp(rows) + 1) * (np.ptp(columns) + 1), "it is a rectangle"


def test_a_mask_of_a_large_map_is_quick_to_paint(stranger: Visit) -> None:
    stranger.page.goto(stranger.running.url)
    share, painted, milliseconds, small, sides = stranger.page.evaluate(
        """async () => {
          const { HOLE } = await import("/page/inks.js");
          const { Layer } = await import("/page/layer.js");
          const paint = (width, height) => {
            const mask = new Layer(HOLE, { left: 0, top: 0, width, height });
            const start = performance.now();
            for (let i = 0; i < 50; i += 1) {
              mask.begin();
              const x = (80 * i) % width;
              for (let j = 0; j < 20; j += 1) {
                const y = (60 * j) % height;
                mask.line({ x, y }, { x, y: y + 60 }, 40, 1);
              }
              mask.end();
            }
            return [mask, (performance.now() - start) / 1000];
          };
          const small = paint(320, 300)[1];
          const [mask, milliseconds] = paint(4096, 4000);
          mask.clear();
          for (let i = 0; i < 51; i += 1) mask.undo();
          const empty = mask.share;
          for (let i = 0; i < 50; i += 1) mask.redo();
          const picture = await createImageBitmap(await mask.picture());
          return [empty, mask.share, milliseconds, small, [picture.width, picture.height]];
        }"""
    )
    assert share == 0 and painted == pytest.approx(50 * 40 * 1220 / (4096 * 4000), rel=0.05)
    assert sides == [4096, 4000]
    # On a busy machine all takes longer; what goes through the whole map would take a hundred times as long.
    assert milliseconds < 8 * max(1, small), "a step of the brush takes longer than a picture of the screen"


def test_a_fill_is_watched_and_seen(user: Visit, sample: Sample) -> None:
    user.give(sample.folder)
    user.hole()
    user.page.locator("#variations").fill("2")
    expect(user.fill).to_have_text(re.compile(r"Fill \d+ % of 6 maps, 2 times"))
    user.fill.click()
    expect(user.newest).to_have_attribute("data-state", "running", timeout=SOON)
    expect(user.page.locator("#running-said")).not_to_have_text("", timeout=SOON)
    user.page.locator("#stage[data-shown='diffuse slider 1']").wait_for(timeout=2 * SOON)
    expect(user.newest).to_have_attribute("data-state", "done")

    split = user.page.locator("#split")
    sides = {}
    for percent in (0, 100):
        split.fill(str(percent))
        sides[percent] = user.piece(0.5, 0.4)
    assert np.abs(sides[0] - sides[100]).mean() > 5, "before and after are the same"
    split.fill("50")
    user.drag((0.5, 0.9), (0.8, 0.9))
    assert float(split.input_value()) == pytest.approx(80, abs=1)
    assert np.array_equal(user.piece(0.5, 0.4), sides[100]), "the divider does not follow the mouse"
    user.page.locator("#stage").focus()
    user.page.keyboard.press("ArrowLeft")
    assert float(split.input_value()) == pytest.approx(78, abs=1)

    user.page.get_by_role("radio", name="Difference").check(force=True)
    assert user.piece(0.1, 0.1).max() == 0 and user.piece(0.5, 0.4).max() > 20
    user.page.get_by_role("radio", name="Slider").check(force=True)
    user.page.locator("#maps input[value=normal]").check(force=True)
    user.page.locator("#stage[data-shown='normal slider 1']").wait_for()
    user.page.locator("#variation").select_option("2")
    user.page.locator("#stage[data-shown='normal slider 2']").wait_for()
    blue = user.piece(0.1, 0.9)
    assert blue[..., 2].mean() > blue[..., 0].mean() + 40


def test_the_result_is_lit_and_saved(user: Visit, sample: Sample, tmp_path: Path) -> None:
    user.give(sample.folder)
    user.hole()
    user.filled()
    map_ = user.piece(0.2, 0.5)
    user.page.locator("#lit").check()
    user.page.locator("#stage[data-shown^=lit]").wait_for(timeout=SOON)
    expect(user.page.locator("#busy")).to_be_hidden(timeout=SOON)
    assert np.abs(user.piece(0.2, 0.5) - map_).mean() > 3
    assert user.page.locator("#light option").all_inner_texts() == ["Flash", "Sun", "Studio", "Sky"]

    with user.page.expect_download() as saved:
        user.page.get_by_role("button", name="Save all").click()
    saved.value.save_as(tmp_path / "all.zip")
    assert saved.value.suggested_filename == "damaged-filled.zip"
    with user.running.client() as client, zipfile.ZipFile(tmp_path / "all.zip") as archive:
        assert archive.testzip() is None
        done = client.jobs(count=1)["jobs"][0]
        for path in done["result"]["variations"][0]["files"]:
            client.fetch(done["id"], path, tmp_path / Path(path).name)
            assert archive.read(Path(path).name) == (tmp_path / Path(path).name).read_bytes()
        assert sorted(archive.namelist()) == sorted(sample.files())
    user.page.get_by_text("Files", exact=True).click()
    with user.page.expect_download() as one:
        user.page.get_by_role("button", name="height.png").click()
    one.value.save_as(tmp_path / "one.png")
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "height.png").read_bytes()


def test_a_part_is_filled_again_and_a_job_deleted_after_a_question(user: Visit, sample: Sample) -> None:
    user.give(sample.folder)
    user.page.locator("#method").select_option("poisson")
    user.hole()
    user.filled()
    first = job(user)
    user.page.get_by_role("button", name="Fill a part again").click()
    expect(user.page.locator("#part-said")).to_contain_text(f"result of job {first['number']}")
    user.tool("Rectangle")
    user.drag((0.4, 0.4), (0.5, 0.5))
    expect(user.fill).to_have_text(re.compile("of 6 maps again"))
    user.filled()
    second = job(user)
    assert second["material"] != first["material"], "it starts from the result"
    method = second["request"]["method"]  # type: ignore[index]
    assert method["name"] == "poisson" and method["seed"] == 1

    user.newest.get_by_role("button", name="Another seed").click()
    third = user.page.locator(f"#jobs .job[data-number='{int(str(second['number'])) + 1}']")
    expect(third).to_have_attribute("data-state", "done", timeout=SOON)
    third.get_by_role("button", name="Delete").click()
    user.page.get_by_role("button", name="Keep it").click()
    expect(third).to_be_visible()
    third.get_by_role("button", name="Delete").click()
    user.confirm_deletion()
    expect(third).to_have_count(0)
    assert job(user)["id"] == second["id"]


def test_a_result_of_the_diffusion_is_varied_by_a_slider(user: Visit, sample: Sample) -> None:
    user.give(sample.folder)
    user.page.locator("#method").select_option("poisson")
    user.hole()
    user.filled()
    expect(user.page.locator("#different-field")).to_be_hidden()
    user.page.locator("#to-mask").click()
    user.page.locator("#method").select_option("diffusion")
    user.page.locator("#settings-box summary").click()
    for name, value in (("train_steps", 3), ("batch_size", 1), ("crop_size", 16), ("width", 8), ("sampling_steps", 5)):
        user.page.locator(f"#set-{name}").fill(str(value))
    user.filled()
    first = job(user)
    slider, said, button = (user.page.locator(name) for name in ("#different", "#different-said", "#another"))
    expect(slider).to_be_visible()
    expect(said).to_have_text("entirely")
    expect(button).to_have_text("Another seed")
    slider.fill("20")
    expect(said).to_have_text("in detail")
    expect(button).to_have_text("Vary this")
    button.click()
    user.page.locator(f"#stage[data-job='{int(str(first['number'])) + 1}']").wait_for(timeout=2 * SOON)
    varied = job(user)
    request = varied["request"]
    assert request["method"]["from_step"] == 0.2 and request["former"] is not None  # type: ignore[index]
    expect(slider).to_have_value("20")
    slider.fill("100")
    button.click()
    user.page.locator(f"#stage[data-job='{int(str(first['number'])) + 2}']").wait_for(timeout=2 * SOON)
    own = job(user)["request"]
    assert own["method"]["from_step"] == 1 and own["former"] is None  # type: ignore[index]


def test_the_form_is_what_the_service_says(user: Visit) -> None:
    methods = user.running.request("GET", "/v1/info").json()["methods"]
    offered = user.page.locator("#method option").evaluate_all("all => all.map(one => one.value)")
    assert offered == [method["name"] for method in methods if method["missing"] is None]
    user.page.locator("#method").select_option("diffusion")
    user.page.locator("#settings-box summary").click()
    training = user.page.get_by_label("Train steps")
    assert training.input_value() == "1200"
    assert "gradient descent" in str(training.get_attribute("aria-description"))
    user.page.locator("#preset").select_option("quality")
    assert training.input_value() == "6000"
    expect(user.page.locator("#settings-said")).to_have_text("6 changed")
    training.fill("7")
    expect(user.page.locator("#preset")).to_have_value("own")
    user.page.locator("#preset").select_option("fast")
    expect(user.page.locator("#settings-said")).to_have_text("as they come")


def test_settings_reach_the_job(user: Visit, sample: Sample) -> None:
    user.give(sample.folder)
    user.hole()
    user.page.locator("#settings-box summary").click()
    user.page.get_by_label("Levels").fill("2")
    user.page.get_by_label("Mirrors").check()
    user.page.locator("#seed").fill("41")
    user.page.locator("#tileable").select_option("yes")
    user.page.locator("#grow").fill("2")
    user.filled()
    request = json.loads(json.dumps(job(user)["request"]))
    method, hole = request["method"], request["hole"]
    assert method["settings"] == {"levels": 2, "mirrors": True}
    assert (method["seed"], hole["tileable"], hole["grow"], method["name"]) == (41, True, 2, "patch")


def test_a_setting_that_is_a_file_is_sent(user: Visit, sample: Sample, tmp_path: Path) -> None:
    user.give(sample.folder)
    user.hole()
    model = tmp_path / "no model.safetensors"
    model.write_bytes(b"no model at all")
    digest = hashlib.sha256(model.read_bytes()).hexdigest()
    user.page.locator("#method").select_option("auto")
    user.page.locator("#settings-box summary").click()
    user.page.get_by_label("Model", exact=True).select_option("A file of yours…")
    user.page.get_by_label("A file of yours").set_input_files(model)
    expect(user.page.locator("#settings-said")).to_have_text("1 changed")
    user.expected.add("422")
    with user.page.expect_request("**/v1/jobs") as asked:
        user.fill.click()
    said = user.page.locator(".note.error").last
    expect(said).to_contain_text("not a model of this program", timeout=SOON)
    assert any(url.endswith(f"/v1/files/{digest}") for url in user.heard.asked)
    settings = asked.value.post_data_json["method"]["settings"]  # type: ignore[index]
    assert settings == {"diffusion": {"model": {"file": digest, "name": model.name}}}


FIELDS = """async () => {
  const { Form } = await import("/page/form.js");
  const schema = { properties: {
    count: { type: "integer", minimum: 1, maximum: 9 }, share: { anyOf: [{ type: "number" }, { type: "null" }] },
    kind: { enum: ["a", "b"], type: "string" }, flag: { anyOf: [{ type: "boolean" }, { type: "null" }] },
    sizes: { type: "array", items: { type: "integer" } }, inner: { $ref: "#/$defs/Inner" },
  }, $defs: {
    Inner: { type: "object", properties: {
      deep: { $ref: "#/$defs/Deep" }, file: { anyOf: [{ $ref: "#/$defs/File" }, { type: "null" }] },
    } },
    Deep: { enum: [1, 2] }, File: { type: "object", format: "file", properties: {} },
  } };
  const defaults = { count: 2, share: null, kind: "b", flag: null, sizes: [1, 2], inner: { deep: 2, file: null } };
  const method = { name: "m", title: "m", missing: null, schema, defaults, presets: {}, is_random: true };
  const form = new Form({ methods: [method], limits: { variations: 9 } });
  const results = [(await form.request(false)).method.settings, (await form.request(true)).method.settings];
  const set = (name, value) => { document.getElementById(`set-${name}`).value = value; };
  set("count", "3"); set("share", "0.5"); set("kind", "a");
  set("flag", "false"); set("sizes", "[4]"); set("inner-deep", "1");
  results.push((await form.request(false)).method.settings);
  const valid = form.valid;
  set("count", "10");
  const large = form.valid;
  set("count", "3"); set("sizes", "[4");
  await form.request(false);
  return [...results, valid, large, form.valid];
}"""


def test_settings_of_every_type_have_a_field(user: Visit) -> None:
    same, every, changed, valid, large, broken = user.page.evaluate(FIELDS)
    assert same == {}
    assert every == {
        "count": 2, "share": None, "kind": "b", "flag": None, "sizes": [1, 2], "inner": {"deep": 2, "file": None}
    }  # fmt: skip
    assert changed == {
        "count": 3, "share": 0.5, "kind": "a", "flag": False, "sizes": [4], "inner": {"deep": 1}
    }  # fmt: skip
    assert (valid, large, broken) == (True, False, False)


def test_a_mask_is_painted_by_keys(user: Visit, sample: Sample) -> None:
    user.give(sample.folder)
    stage = user.page.locator("#stage")
    for _ in range(60):
        user.page.keyboard.press("Tab")
        if stage.evaluate("element => element === document.activeElement"):
            break
    assert stage.evaluate("element => element === document.activeElement"), "Tab does not get there"
    user.page.keyboard.press("ArrowLeft")
    user.page.keyboard.press("Enter")
    expect(user.fill).to_be_enabled()
    before = user.page.locator("#zoom").inner_text()
    user.page.keyboard.press("+")
    assert user.page.locator("#zoom").inner_text() != before
    user.page.keyboard.press("0")
    assert user.page.locator("#zoom").inner_text() == before


def test_a_zoomed_picture_is_painted_where_the_mouse_is(user: Visit, sample: Sample) -> None:
    user.give(sample.folder)
    user.page.mouse.move(*user.at(0.5, 0.5))
    user.page.mouse.wheel(0, -800)
    expect(user.page.locator("#zoom")).not_to_have_text(re.compile("^6[0-9][0-9] %$"))
    user.tool("Rectangle")
    user.drag((0.5, 0.5), (0.8, 0.8))
    user.page.locator("#method").select_option("poisson")
    user.filled()
    rows, columns = np.nonzero(stored_mask(user))
    assert abs(rows.min() - 64) <= 1 and abs(columns.min() - 64) <= 1, "the zoom does not hold the place of the mouse"
    assert np.ptp(rows) < 0.2 * SIDE, "it was painted at the scale of the whole"
